"""SURREAL: rendered people (Varol et al., CVPR 2017), cropped by RegDA's authors."""

from collections.abc import Iterator

import numpy as np
from mmpose.registry import DATASETS

from mmpose_uda.metainfo import HUMAN16

from .base import Instance, PublishedDataset
from .protocol import held_out, shuffled
from .sample_list import Sample, read_samples

_SMPL = 24  # joints per sample
# joint of SMPL for each keypoint of HUMAN16
_JOINTS = [7, 4, 1, 2, 5, 8, 0, 9, 12, 15, 20, 18, 13, 14, 19, 21]


@DATASETS.register_module()
class SURREAL(PublishedDataset):
    """Rendered people, cropped to squares of 1.5 times the person; 16 keypoints.

    The splits are those of the published code: 'train' leaves out the first 3200 (at most
    20 %) of the shuffled samples, which nothing uses; 'test' is as many of the shuffled
    test samples; 'val' is all validation samples. A sample is a whole image, which is
    already the crop: do not add padding. All keypoints count as visible. There is no 3D
    (:func:`read_samples` explains why); :class:`SURREAL3D` has it.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train', 'val' or 'test'.
        clean (bool): Has no effect.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PublishedDataset`.
    """

    METAINFO = HUMAN16
    TREE = """
train/run0.json  run1.json  run2.json  run0/  run1/  run2/
val/   the same
test/  the same
"""
    SPLITS = ('train', 'val', 'test')
    SOURCE = 'the cropped SURREAL of RegDA (Transfer-Learning-Library)'

    def load_instances(self) -> Iterator[Instance]:
        for sample in self._chosen():
            yield Instance(
                sample.image,
                keypoints=sample.keypoints[_JOINTS],
                visible=np.ones(len(_JOINTS)),
            )

    def _chosen(self) -> list[Sample]:
        samples = []
        for run in range(3):
            folder = f'{self.split}/run{run}'
            samples += read_samples(self, f'{folder}.json', folder, _SMPL)
        if self.split == 'val':
            return shuffled(samples)
        train, test = held_out(samples)
        return train if self.split == 'train' else test
