"""Hand-3D-Studio (Zhao et al., ICASSP 2020), cropped by RegDA's authors."""

from collections.abc import Iterator

import numpy as np
from mmpose.registry import DATASETS

from mmpose_uda.metainfo import HAND21

from .base import Instance, PublishedDataset
from .protocol import held_out
from .sample_list import read_samples

_FOLDER = 'H3D_crop'
_KEYPOINTS = 21


@DATASETS.register_module()
class Hand3DStudio(PublishedDataset):
    """Photographed hands without objects, cropped to squares of 1.5 times the hand.

    The splits are those of the published code: 'test' is the first 3200 (at most 20 %) of
    the shuffled samples, 'train' the rest, so frames of one recording are in both; the file
    does not say which belong together. A sample is a whole image, which is already the
    crop: do not add padding. All 21 keypoints count as visible. There is no 3D
    (:func:`read_samples` explains why).

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train' or 'test'.
        clean (bool): Has no effect.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PublishedDataset`.
    """

    METAINFO = HAND21
    TREE = """
H3D_crop/annotation.json
H3D_crop/part1/ ... part5/
"""
    SPLITS = ('train', 'test')
    SOURCE = 'the cropped Hand-3D-Studio of RegDA (Transfer-Learning-Library)'

    def load_instances(self) -> Iterator[Instance]:
        samples = read_samples(
            self,
            f'{_FOLDER}/annotation.json',
            _FOLDER,
            _KEYPOINTS,
            wanted=lambda entry: int(entry['without_object']) == 1,
        )
        train, test = held_out(samples)
        for sample in train if self.split == 'train' else test:
            yield Instance(sample.image, sample.keypoints, np.ones(_KEYPOINTS))
