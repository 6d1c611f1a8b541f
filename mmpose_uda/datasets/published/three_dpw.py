"""3D Poses in the Wild (von Marcard et al., ECCV 2018)."""

import os
from collections.abc import Iterator

import numpy as np
from mmpose.registry import DATASETS

from mmpose_uda.datasets.files import load_array_pickle

from .base import Instance, PublishedDataset
from .camera import pinhole
from .smpl import HUMAN17_OF_SMPL, smpl_person

_LONG, _SHORT = 1920, 1080  # px; some sequences are upright


@DATASETS.register_module()
class ThreeDPW(PublishedDataset):
    """One or two people outdoors and indoors, a moving camera; 15 of 17 keypoints, 3D.

    The splits are those of the data set. A person in a frame is a sample if the camera is
    aligned to the image (``campose_valid``) and the person is in the image.

    The published figures are of 14 joints that a regressor takes from SMPL's mesh. SMPL is
    not available here, so these are joints of SMPL itself, some cm away from those: hips,
    knees, ankles, shoulders, elbows, wrists and the pelvis, its neck for the thorax and its
    second spine joint for the spine. It has neither nose nor top of the head: those
    keypoints are not visible and have weight 0, and one of the 14 is missing.

    3D is in mm, transformed from m in the world to the camera's axes; the 2D is its
    projection, not the detections in the file. The box is the square of 1.5 times SMPL's 24
    joints within the image: do not add padding. There are no masks.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train', 'validation' or 'test'.
        clean (bool): Has no effect.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PublishedDataset`.
    """

    METAINFO = HUMAN17_OF_SMPL
    TREE = """
sequenceFiles/train/courtyard_arguing_00.pkl ...
sequenceFiles/validation/  sequenceFiles/test/  the same
imageFiles/courtyard_arguing_00/image_00000.jpg ...
"""
    SPLITS = ('train', 'validation', 'test')
    SOURCE = '3DPW of the Max Planck Institute for Informatics'

    def load_instances(self) -> Iterator[Instance]:
        folder = f'sequenceFiles/{self.split}'
        for name in sorted(os.listdir(self.require(folder))):
            if name.endswith('.pkl'):
                yield from self._people(f'{folder}/{name}', name.removesuffix('.pkl'))

    def _people(self, path: str, sequence: str) -> Iterator[Instance]:
        content = load_array_pickle(self.require(path))
        try:
            camera = pinhole(content['cam_intrinsics'])
            across, down = camera['principal_point']
            size = (_LONG, _SHORT) if across > down else (_SHORT, _LONG)
            poses = np.asarray(content['cam_poses'], np.float64).reshape(-1, 4, 4)
            images = [f'imageFiles/{sequence}/image_{i:05d}.jpg' for i in range(len(poses))]
            for image in images[:1] + images[-1:]:
                self.require(image)
            people = zip(content['jointPositions'], content['campose_valid'], strict=True)
            for world, valid in people:
                world = np.asarray(world, np.float64).reshape(len(poses), 24, 3)
                for i in np.flatnonzero(np.asarray(valid).reshape(len(poses))):
                    joints = world[i] @ poses[i, :3, :3].T + poses[i, :3, 3]
                    person = smpl_person(images[i], 1000 * joints, camera, size)  # from m
                    if person is not None:
                        yield person
        except (KeyError, TypeError, ValueError) as error:
            raise self.misfit(
                f'has a `{path}` that does not hold `cam_intrinsics`, `cam_poses`, and '
                '`jointPositions` of 24 joints and `campose_valid` of as many frames, per '
                f'person ({error!r})'
            ) from error
