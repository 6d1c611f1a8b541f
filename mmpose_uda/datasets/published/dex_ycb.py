"""DexYCB (Chao et al., CVPR 2021)."""

import os
import os.path as osp
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from mmpose.registry import DATASETS

from mmpose_uda.datasets.files import load_npz, load_yaml
from mmpose_uda.errors import UserError
from mmpose_uda.metainfo import HAND21

from .base import Instance, PublishedDataset
from .projected_hand import projected_hand

_SIZE = 640, 480  # px
_DATES = (
    '20200709', '20200813', '20200820', '20200903', '20200908',
    '20200918', '20200928', '20201002', '20201015', '20201022',
)  # fmt: skip
_SUBJECTS = [f'{date}-subject-{i:02d}' for i, date in enumerate(_DATES, start=1)]
_CAMERAS = (
    '836212060125', '839512060362', '840412060917', '841412060263',
    '932122060857', '932122060861', '932122061900', '932122062010',
)  # fmt: skip
_SEQUENCES = 100  # per subject: 20 objects, each grasped 5 times
_GRASPS = 5
_HAND = 255  # in `seg`, whose other labels are objects
_SETUPS = ('s0', 's1', 's2', 's3')


@DATASETS.register_module()
class DexYCB(PublishedDataset):
    """Hands that grasp objects, seen by eight cameras; 21 keypoints, 3D, cameras, masks.

    The splits are those of the published toolkit: they hold out every fifth recording
    ('s0'), or share no subjects ('s1'), cameras ('s2') or objects ('s3'). Frames without a
    hand, or with one outside the image, are left out.

    3D is in mm along the camera's axes, converted from m; the joints are already in the
    order of 'hand21'. The box is the square of 1.5 times the keypoints within the image: do
    not add padding. A keypoint in the image counts as visible, occluded or not. The mask is
    the hand in the array ``seg`` of the label's file.

    Every label is a file, so reading the 400,000 of a training set takes minutes.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train', 'val' or 'test'.
        setup (str): 's0', 's1', 's2' or 's3'.
        **kwargs: As for :class:`PublishedDataset`; ``clean`` has no effect.

    Raises:
        UserError: As for :class:`PublishedDataset`; or the setup is unknown.
    """

    METAINFO = HAND21
    TREE = """
20200709-subject-01/20200709_141754/meta.yml
20200709-subject-01/20200709_141754/836212060125/color_000000.jpg ...
20200709-subject-01/20200709_141754/836212060125/labels_000000.npz ...
20200813-subject-02/ ... 20201022-subject-10/  the same, 100 recordings each
calibration/intrinsics/836212060125_640x480.yml ...
"""
    SPLITS = ('train', 'val', 'test')
    SOURCE = 'DexYCB of NVIDIA'

    def __init__(self, data_root: str, split: str, setup: str = 's0', **kwargs: Any):
        if setup not in _SETUPS:
            raise UserError(
                f'DexYCB has no setup {setup!r}: use one of {", ".join(_SETUPS)}.'
            )
        self.setup = setup
        super().__init__(data_root=data_root, split=split, **kwargs)

    def load_instances(self) -> Iterator[Instance]:
        cameras = {
            serial: self._camera(serial)
            for i, serial in enumerate(_CAMERAS)
            if _part_of_camera(self.setup, i) in ('', self.split)
        }
        for i, subject in enumerate(_SUBJECTS):
            if _part_of_subject(self.setup, i) not in ('', self.split):
                continue
            for number, name in enumerate(self._recordings(subject)):
                if _part_of_recording(self.setup, i, number) in ('', self.split):
                    recording = f'{subject}/{name}'
                    count, side = self._frames_and_side(recording)
                    for serial, camera in cameras.items():
                        folder = f'{recording}/{serial}'
                        yield from self._hands(folder, count, side, camera)

    def _camera(self, serial: str) -> dict[str, np.ndarray]:
        path = f'calibration/intrinsics/{serial}_{_SIZE[0]}x{_SIZE[1]}.yml'
        content = load_yaml(self.require(path))
        try:
            color = content['color']
            return dict(
                focal=np.array([color['fx'], color['fy']], np.float64),
                principal_point=np.array([color['ppx'], color['ppy']], np.float64),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise self.misfit(
                f'has a `{path}` without the numbers fx, fy, ppx and ppy of `color` '
                f'({error!r})'
            ) from error

    def _recordings(self, subject: str) -> list[str]:
        folder = self.require(subject)
        names = sorted(n for n in os.listdir(folder) if osp.isdir(osp.join(folder, n)))
        if len(names) != _SEQUENCES:  # their numbers define the splits
            raise self.misfit(
                f'has {len(names)} recordings in `{subject}` instead of {_SEQUENCES}'
            )
        return names

    def _frames_and_side(self, recording: str) -> tuple[int, str]:
        path = f'{recording}/meta.yml'
        meta = load_yaml(self.require(path))
        try:
            count, (side,) = int(meta['num_frames']), meta['mano_sides']
            if side in ('left', 'right'):
                return count, side
        except (KeyError, TypeError, ValueError):
            pass
        raise self.misfit(f'has a `{path}` without `num_frames` and one of `mano_sides`')

    def _hands(
        self, folder: str, count: int, side: str, camera: dict
    ) -> Iterator[Instance]:
        """Yield the hand in each frame of one camera."""
        for frame in range(count):
            name = f'{folder}/labels_{frame:06d}.npz'
            joints = load_npz(self.require(name), 'joint_3d')
            if (joints == -1).all():  # no hand, or no pose of it
                continue
            image = f'{folder}/color_{frame:06d}.jpg'
            if frame == 0:
                self.require(image)
            try:
                points = 1000 * joints.reshape(21, 3).astype(np.float64)  # from m
                hand = projected_hand(image, points, camera, _SIZE, side)
            except (TypeError, ValueError) as error:
                raise self.misfit(
                    f'has a `{name}` whose `joint_3d` does not hold 21 points ({error!r})'
                ) from error
            if hand is not None:
                yield replace(hand, mask=f'{name}:seg', mask_values=(_HAND, _HAND))


# Each setup divides by one criterion. The others are in all of its splits, written as ''.


def _part_of_subject(setup: str, number: int) -> str:
    if setup == 's1':
        return {6: 'val', 7: 'test', 8: 'test'}.get(number, 'train')
    return ''


def _part_of_camera(setup: str, number: int) -> str:
    if setup == 's2':
        return {6: 'val', 7: 'test'}.get(number, 'train')
    return ''


def _part_of_recording(setup: str, subject: int, number: int) -> str:
    grasped, grasp = divmod(number, _GRASPS)
    if setup == 's0':
        held_out = 'val' if subject < 2 else 'test'
        return held_out if grasp == _GRASPS - 1 else 'train'
    if setup == 's3':
        parts = {3: 'val', 19: 'val', 7: 'test', 11: 'test', 15: 'test'}
        return parts.get(grasped, 'train')
    return ''
