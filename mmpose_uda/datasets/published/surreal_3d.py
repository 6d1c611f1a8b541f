"""SURREAL in 3D: rendered people (Varol et al., CVPR 2017), as originally provided."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from mmpose.registry import DATASETS
from scipy.io import loadmat

from .base import Instance, PublishedDataset
from .smpl import HUMAN17_OF_SMPL, smpl_person

RUNS = ('run0', 'run1', 'run2')
_STEP = 10  # every tenth frame of a training clip is read
_SIZE = 320, 240  # px
_PARTS = 1, 24  # values of the body in the segmentation
_CAMERA = dict(focal=np.array([600.0, 600.0]), principal_point=np.array([160.0, 120.0]))
# From Blender's world to the camera's axes, as in getExtrinsicBlender.m. It mirrors: people
# are rendered with left and right exchanged.
_MIRROR = np.array([[0.0, 0, -1], [0, 1, 0], [-1, 0, 0]])


@dataclass
class SurrealClip:
    """A clip's name with its folder, relative to the data set's, and the frames to read."""

    name: str
    frames: list[int]

    def image(self, frame: int) -> str:
        """The image of a frame, counted from 0."""
        return f'{self.name}_frames/{frame + 1:04d}.jpg'

    def mask(self, frame: int) -> str:
        """The segmentation of a frame, counted from 0."""
        return f'{self.name}_frames/{frame + 1:04d}.png'


@DATASETS.register_module()
class SURREAL3D(PublishedDataset):
    """Rendered people in front of photographs; 15 of 17 keypoints, 3D, cameras and masks.

    'train' is every tenth frame of each clip; 'val' and 'test' are the middle frame of
    each, as in its test code (``training/donkey.lua``). Those of the three runs that exist
    are read. ``tools/dataset_converters/extract_frames.py`` makes images and masks of these
    frames.

    Keypoints are joints of SMPL, without nose and top of the head, as in
    :class:`ThreeDPW`. People are rendered as their mirror images, so what the files call
    left is a person's right in the image. 3D is transformed from m in Blender's world to mm
    along the camera's axes; the 2D is its projection, which the files hold rounded. The box
    is the square of 1.5 times the 24 joints within the image: do not add padding.

    Every clip has its own annotation file: reading those of the training takes minutes.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train', 'val' or 'test'.
        clean (bool): Has no effect.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PublishedDataset`.
    """

    METAINFO = HUMAN17_OF_SMPL
    TREE = """
cmu/train/run0/01_01/01_01_c0001.mp4  01_01_c0001_info.mat  01_01_c0001_segm.mat ...
cmu/train/run0/01_01/01_01_c0001_frames/  (which `mmpose_uda extract-frames` makes of them)
cmu/train/run1/  run2/  the same
cmu/val/  cmu/test/  the same
"""
    SPLITS = ('train', 'val', 'test')
    SOURCE = 'SURREAL of Inria and the Max Planck Institute'

    def load_instances(self) -> Iterator[Instance]:
        names = self.clips(self.split)
        for name in names:
            joints = self.joints(name)
            clip = SurrealClip(name, frames_to_read(self.split, len(joints)))
            if name in (names[0], names[-1]):
                self.require(clip.image(clip.frames[-1]))
            has_mask = os.path.exists(
                os.path.join(self.data_root, clip.mask(clip.frames[0]))
            )
            for frame in clip.frames:
                if not joints[frame].any():
                    continue  # without a pose
                mask = dict(mask=clip.mask(frame), mask_values=_PARTS) if has_mask else {}
                try:
                    person = smpl_person(
                        clip.image(frame),
                        1000 * joints[frame],  # from m
                        _CAMERA,
                        _SIZE,
                        mirrored=True,
                        **mask,
                    )
                except ValueError as error:
                    raise self.misfit(
                        f'has a `{name}_info.mat` whose `joints3D` of frame {frame + 1} '
                        'are not finite'
                    ) from error
                if person is not None:
                    yield person

    def clips(self, split: str) -> list[str]:
        """Return the names of all clips of a split, with their folders."""
        names = []
        for run in RUNS:
            folder = f'cmu/{split}/{run}'
            for path, folders, files in os.walk(os.path.join(self.data_root, folder)):
                folders.sort()
                inside = os.path.relpath(path, self.data_root).replace(os.sep, '/')
                names += [
                    f'{inside}/{file.removesuffix("_info.mat")}'
                    for file in sorted(files)
                    if file.endswith('_info.mat')
                ]
        if not names:
            raise self.misfit(f'has no clip in `cmu/{split}`')
        return names

    def joints(self, name: str) -> np.ndarray:
        """Return joints [T, 24, 3] of a clip, m, along the camera's axes; 0 without a pose.

        In the file, a clip of one frame lacks the last axis.
        """
        path = f'{name}_info.mat'
        try:
            content = loadmat(self.require(path), variable_names=('joints3D', 'camLoc'))
            world = np.asarray(content['joints3D'], np.float64).reshape(3, 24, -1)
            world = world.transpose(2, 1, 0)
            place = np.asarray(content['camLoc'], np.float64).reshape(3)
        except Exception as error:  # damaged files raise anything
            raise self.misfit(
                f'has a `{path}` that is not a MATLAB file with `joints3D` of 24 joints '
                f'and `camLoc` ({error!r})'
            ) from error
        posed = world.any((1, 2))[:, None, None]
        return np.where(posed, (world - place) @ _MIRROR.T, 0)


def frames_to_read(split: str, count: int) -> list[int]:
    """Return the numbers, from 0, of the frames to read from a clip of ``count`` frames."""
    if split == 'train':
        return list(range(0, count, _STEP))
    return [(count + 1) // 2 - 1]
