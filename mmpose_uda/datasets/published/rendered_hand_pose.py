"""Rendered Handpose Dataset (Zimmermann and Brox, ICCV 2017)."""

from collections.abc import Iterator

import numpy as np
from mmpose.registry import DATASETS

from mmpose_uda.datasets.files import load_array_pickle
from mmpose_uda.metainfo import HAND21

from .base import Instance, PublishedDataset
from .camera import pinhole
from .crop_box import covered_share, keypoint_box, square_crop

_FOLDER = 'RHD_published_v2'
_PARTS = {'train': 'training', 'test': 'evaluation'}
_SIZE = 320, 320  # px
# keypoint of RHD's hand for each of HAND21: there a finger begins at its tip
_ORDER = np.array([0] + [4 * finger - i for finger in range(1, 6) for i in range(4)])
_HANDS = {'left': _ORDER, 'right': _ORDER + len(_ORDER)}
# values of the mask: 0 is the background, 1 the rest of the person
_MASK_VALUES = {'left': (2, 17), 'right': (18, 33)}
_LEAST_VISIBLE = 17  # keypoints
_LEAST_SIDE = 64  # px, from the first to the last pixel of the crop
_MOST_COVERED = 0.3  # of the crop, by the other hand


@DATASETS.register_module()
class RenderedHandPose(PublishedDataset):
    """Rendered hands; 21 keypoints, 3D, cameras and masks.

    A hand of an image is a sample if more than 16 of its keypoints are visible, its crop is
    more than 64 px wide and the other hand's box covers less than 0.3 of the crop. Its box
    is the square that the published code crops, 1.5 times the keypoints and within the
    image: do not add padding. Its mask shows only that hand.

    The published code mirrors right hands, so that all are left ones: use
    :class:`MirrorRightHand` in the ``pipeline``.

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
RHD_published_v2/training/anno_training.pickle
RHD_published_v2/training/color/00000.png ...
RHD_published_v2/training/mask/00000.png ...
RHD_published_v2/evaluation/  the same
"""
    SPLITS = tuple(_PARTS)
    SOURCE = 'the Rendered Handpose Dataset of the University of Freiburg'

    def load_instances(self) -> Iterator[Instance]:
        part = _PARTS[self.split]
        folder = f'{_FOLDER}/{part}'
        ann_file = f'{folder}/anno_{part}.pickle'
        annotations = load_array_pickle(self.require(ann_file))
        try:
            numbers = [int(number) for number in annotations]
            for number in numbers[:1] + numbers[-1:]:
                self.require(f'{folder}/color/{number:05d}.png')
                self.require(f'{folder}/mask/{number:05d}.png')
            for number, annotation in zip(numbers, annotations.values()):
                yield from _hands(folder, number, annotation)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise self.misfit(
                f'has a `{ann_file}` that is not a dict of `uv_vis`, `xyz` and `K` of 42 '
                f'keypoints by the number of the image ({error!r})'
            ) from error


def _hands(folder: str, number: int, annotation: dict) -> Iterator[Instance]:
    """Yield the usable hands of an image, the left one first."""
    points = np.asarray(annotation['uv_vis'], np.float64)
    xyz = np.asarray(annotation['xyz'], np.float64)
    boxes = {side: keypoint_box(points[ids, :2]) for side, ids in _HANDS.items()}
    for side, ids in _HANDS.items():
        crop = square_crop(boxes[side], _SIZE)
        other = boxes['right' if side == 'left' else 'left']
        visible = points[ids, 2]
        if (
            visible.sum() >= _LEAST_VISIBLE
            and crop[2] - crop[0] > _LEAST_SIDE
            and covered_share(crop, other) < _MOST_COVERED
        ):
            yield Instance(
                f'{folder}/color/{number:05d}.png',
                keypoints=points[ids, :2],
                visible=visible,
                box=np.array(crop),
                keypoints_3d=1000 * xyz[ids],  # from m
                camera=pinhole(annotation['K']),
                mask=f'{folder}/mask/{number:05d}.png',
                mask_values=_MASK_VALUES[side],
                hand_side=side,
            )
