"""Human3.6M (Ionescu et al., TPAMI 2014): images, cropped as RegDA's code does."""

from collections.abc import Iterator

import numpy as np
from mmpose.registry import DATASETS

from mmpose_uda.metainfo import HUMAN16

from .base import Instance, PublishedDataset
from .protocol import drawn_with_replacement
from .sample_list import read_samples

CROPS = 'crop_images'
LIST = 'annotations/keypoints2d_{}.json'
SUBJECTS = {'train': (1, 5, 6, 7, 8), 'test': (9, 11)}
_KEYPOINTS = 16


@DATASETS.register_module()
class Human36MRGB(PublishedDataset):
    """People of Human3.6M in crops of 512 px, 1.5 times the person; 16 keypoints.

    ``tools/dataset_converters/h36m_crops.py`` makes the crops. A sample is a whole crop: do
    not add padding. All keypoints count as visible. There is no 3D (:func:`read_samples`
    explains why); :class:`Human36M3D` has it.

    In the published protocol the test is 3200 draws from the frames of the two test
    subjects, with replacement: some frames count twice, most not at all.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train' (subjects 1, 5, 6, 7 and 8) or 'test' (9 and 11).
        clean (bool): Whether the test is every frame once.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PublishedDataset`.
    """

    METAINFO = HUMAN16
    TREE = """
crop_images/s_01_act_02_subact_01_ca_01/*.jpg ...
annotations/keypoints2d_1.json  5  6  7  8  9  11
"""
    SPLITS = tuple(SUBJECTS)
    SOURCE = '`mmpose_uda h36m-crops`'

    def load_instances(self) -> Iterator[Instance]:
        samples = []
        for subject in SUBJECTS[self.split]:
            samples += read_samples(self, LIST.format(subject), CROPS, _KEYPOINTS)
        if self.split == 'test' and not self.clean and samples:
            samples = drawn_with_replacement(samples)
        for sample in samples:
            yield Instance(sample.image, sample.keypoints, np.ones(_KEYPOINTS))
