"""HO-3D (Hampali et al., CVPR 2020), versions 2 and 3."""

import os.path as osp
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Optional

import numpy as np
from mmpose.registry import DATASETS

from mmpose_uda.datasets.files import load_array_pickle, load_json
from mmpose_uda.errors import UserError
from mmpose_uda.metainfo import HAND21, MANO21

from .base import Instance, PublishedDataset
from .camera import pinhole
from .projected_hand import projected_hand
from .projected_pose import square_box

_SIZE = 640, 480  # px
_IMAGES = {2: 'png', 3: 'jpg'}
# Colours of the hand in the rendered segmentations, as (blue, green, red), from loaders of
# version 2 (whose JPEG files do not keep the colours exactly) and of version 3.
_SEGMENTATIONS = {2: 'jpg', 3: 'png'}
_HAND = {2: ((0, 0, 128), (127, 127, 255)), 3: ((128, 0, 0), (255, 127, 127))}
_TEST_JOINTS = 'evaluation_xyz.json'
_FROM_OPENGL = np.array([1, -1, -1])


@DATASETS.register_module()
class HO3D(PublishedDataset):
    """Photographed right hands with an object; 21 keypoints, 3D and cameras.

    The splits are the lists of the data set. Frames of 'train' without a pose are left out.
    The joints of 'evaluation' were withheld for its challenge until November 2024: they are
    read from ``evaluation_xyz.json`` (one list of all frames in the order of
    ``evaluation.txt``), which is provided with the challenge, not with the images. Without
    it the split has no labels, and can be a target with ``labels=False``.

    3D is converted from metres of OpenGL's camera, which looks along -z with y up, to mm of
    this package's. MANO's joints are put in the order of 'hand21'. The box is the square
    of 1.5 times the keypoints, or of the published box in 'evaluation', within the image:
    do not add padding. A keypoint in the image counts as visible, occluded or not.

    Masks are the rendered segmentations, a separate download for 'train', at a quarter of
    the resolution. They are read if a sequence has a folder ``seg``; the hand is blue in
    those of version 3 and red in the JPEG files of version 2.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train' or 'evaluation'.
        version (int): 2, whose images are PNG, or 3, whose images are JPEG.
        **kwargs: As for :class:`PublishedDataset`; ``clean`` has no effect.

    Raises:
        UserError: As for :class:`PublishedDataset`; or the version is unknown; or labels
            of 'evaluation' are wanted and its joints are missing.
    """

    METAINFO = HAND21
    TREE = """
train.txt  evaluation.txt
train/ABF10/rgb/0000.jpg ...  (version 2: 0000.png ...)
train/ABF10/meta/0000.pkl ...
train/ABF10/seg/0000.png ...  (for masks; version 2: 0000.jpg ...)
evaluation/SM1/rgb/  meta/  the same
evaluation_xyz.json  (joints of the evaluation, for labels)
"""
    SPLITS = ('train', 'evaluation')
    SERVER = 'HO3D'
    SOURCE = 'HO-3D of Graz University of Technology'

    def __init__(self, data_root: str, split: str, version: int = 3, **kwargs: Any):
        if version not in _IMAGES:
            raise UserError(f'HO3D has no version {version!r}: use 2 or 3.')
        self.version = version
        super().__init__(data_root=data_root, split=split, **kwargs)

    def load_instances(self) -> Iterator[Instance]:
        frames = self._frames()
        joints = self._published_joints(len(frames))
        masked = {
            sequence
            for sequence in {sequence for sequence, _ in frames}
            if osp.isdir(osp.join(self.data_root, self.split, sequence, 'seg'))
        }
        for number, (sequence, frame) in enumerate(frames):
            folder = f'{self.split}/{sequence}'
            image = f'{folder}/rgb/{frame}.{_IMAGES[self.version]}'
            if number in (0, len(frames) - 1):
                self.require(image)
            path = f'{folder}/meta/{frame}.pkl'
            meta = load_array_pickle(self.require(path))
            try:
                if self.split == 'train':
                    instance = _labelled(image, meta, meta['handJoints3D'])
                elif joints is not None:
                    box = meta['handBoundingBox']
                    instance = _labelled(image, meta, joints[number], box)
                else:
                    instance = _unlabelled(image, meta)
            except (IndexError, KeyError, TypeError, ValueError) as error:
                raise self.misfit(
                    f'has a `{path}` that does not hold `camMat` and 21 `handJoints3D`, '
                    'or in the evaluation a `handBoundingBox` with the 21 joints of '
                    f'`{_TEST_JOINTS}` ({error!r})'
                ) from error
            if instance is not None and sequence in masked:
                name = f'{folder}/seg/{frame}.{_SEGMENTATIONS[self.version]}'
                instance = replace(instance, mask=name, mask_values=_HAND[self.version])
            if instance is not None:
                yield instance

    def _frames(self) -> list[list[str]]:
        """Sequence and number of each frame in the split's list."""
        name = f'{self.split}.txt'
        with open(self.require(name), encoding='utf-8', errors='replace') as file:
            frames = [line.strip().split('/') for line in file if line.strip()]
        if not all(len(frame) == 2 for frame in frames):
            raise self.misfit(f'has a `{name}` that does not list `sequence/number`')
        return frames

    def _published_joints(self, count: int) -> Optional[list]:
        """The evaluation's joints, if needed: [21][3] for each frame, m."""
        if self.split != 'evaluation' or not self.labels:
            return None
        joints = load_json(self.require_labels(_TEST_JOINTS))
        if not isinstance(joints, list) or len(joints) != count:
            raise self.misfit(
                f'has a `{_TEST_JOINTS}` that is not a list of the {count} frames of '
                '`evaluation.txt`'
            )
        return joints


def _labelled(image: str, meta: dict, joints: Any, box: Any = None) -> Optional[Instance]:
    """The instance of a frame, or None if it has no joints, or none in the image."""
    if joints is None:
        return None
    points = np.asarray(joints, np.float64)[list(MANO21)] * _FROM_OPENGL * 1000  # from m
    return projected_hand(image, points, pinhole(meta['camMat']), _SIZE, 'right', box)


def _unlabelled(image: str, meta: dict) -> Instance:
    corners = np.asarray(meta['handBoundingBox'], np.float64).reshape(2, 2)
    return Instance(
        image,
        keypoints=np.zeros((21, 2)),
        visible=np.zeros(21),
        box=square_box(corners, _SIZE),
        camera=pinhole(meta['camMat']),
        hand_side='right',
    )
