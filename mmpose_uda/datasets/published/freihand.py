"""FreiHAND (Zimmermann et al., ICCV 2019), version 2."""

from collections.abc import Iterator

import numpy as np
from mmpose.registry import DATASETS

from mmpose_uda.datasets.files import load_json
from mmpose_uda.metainfo import HAND21

from .base import Instance, PublishedDataset
from .camera import pinhole, project
from .crop_box import keypoint_box, square_crop
from .protocol import held_out

_SIZE = 224, 224  # px
_VERSIONS = 4
_TEST_JOINTS = 'evaluation_xyz.json'
# The images of a frame are numbered green screen, harmonised, coloured by samples, coloured
# automatically; the published code concatenates them in this order.
_ORDER = (0, 3, 2, 1)


@DATASETS.register_module()
class FreiHAND(PublishedDataset):
    """Photographed right hands, each with four backgrounds; 21 keypoints, 3D and masks.

    The splits are those of the published code: 'test' is the first 3200 (at most 20 %) of
    the shuffled images of the training set, 'train' the rest. So nearly every frame of the
    test is also in 'train', with another background. With ``clean``, frames are shuffled
    and divided instead, together with all their backgrounds.

    The box is the square that the published code crops, 1.5 times the keypoints and within
    the image: do not add padding. All keypoints count as visible. The published code
    mirrors all hands: use :class:`MirrorRightHand` in the ``pipeline``. (mmpose's
    ``FreiHandDataset`` reads another file, with other splits.)

    'evaluation' is the data set's own test: right hands as they were photographed, in the
    order of its server, without masks. Its joints were withheld at first; without
    ``evaluation_xyz.json`` the split can be a target with ``labels=False``. Its box is the
    whole image, which is cropped around the hand, so it reveals nothing withheld.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train', 'test' or 'evaluation'.
        clean (bool): Whether no frame is in both splits.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PublishedDataset`; or labels of 'evaluation' are wanted
            and its joints are missing.
    """

    METAINFO = HAND21
    TREE = """
training/rgb/00000000.jpg ... 00130239.jpg
training/mask/00000000.jpg ... 00032559.jpg
training_K.json  training_xyz.json
evaluation/rgb/00000000.jpg ... 00003959.jpg
evaluation_K.json  evaluation_xyz.json  (joints of the evaluation, for labels)
"""
    SPLITS = ('train', 'test', 'evaluation')
    SERVER = 'FreiHAND'
    SOURCE = 'FreiHAND (version 2) of the University of Freiburg'

    def load_instances(self) -> Iterator[Instance]:
        if self.split == 'evaluation':
            yield from self._evaluation()
            return
        frames = self._frames('training')
        self._require_images(len(frames))
        for version, number in self._chosen(len(frames)):
            yield Instance(
                f'training/rgb/{number + version * len(frames):08d}.jpg',
                mask=f'training/mask/{number:08d}.jpg',
                hand_side='right',
                **frames[number],
            )

    def _evaluation(self) -> Iterator[Instance]:
        if self.labels:
            self.require_labels(_TEST_JOINTS)
        frames = self._frames('evaluation', self.labels)
        images = [f'evaluation/rgb/{number:08d}.jpg' for number in range(len(frames))]
        for image in images[:1] + images[-1:]:
            self.require(image)
        for image, frame in zip(images, frames):
            yield Instance(image, hand_side='right', **{**frame, 'box': None})

    def _frames(self, part: str, with_joints: bool = True) -> list[dict]:
        """What is known of each frame, as arguments of an :class:`Instance`."""
        cameras = load_json(self.require(f'{part}_K.json'))
        try:
            if not with_joints:
                return [_unlabelled(matrix) for matrix in cameras]
            poses = load_json(self.require(f'{part}_xyz.json'))
            return [_frame(*pair) for pair in zip(cameras, poses, strict=True)]
        except (TypeError, ValueError) as error:
            raise self.misfit(
                f'has a `{part}_K.json` and a `{part}_xyz.json` that do not hold the same '
                f'frames, with 21 keypoints each ({error!r})'
            ) from error

    def _require_images(self, count: int) -> None:
        for number in (0, count * _VERSIONS - 1):
            self.require(f'training/rgb/{number:08d}.jpg')
        for number in (0, count - 1):
            self.require(f'training/mask/{number:08d}.jpg')

    def _chosen(self, count: int) -> list[tuple[int, int]]:
        """Version and frame of each image of the split."""
        test = self.split == 'test'
        if self.clean:
            numbers = held_out(range(count))[test]
            return [(version, number) for version in _ORDER for number in numbers]
        images = [(version, number) for version in _ORDER for number in range(count)]
        return held_out(images)[test]


def _frame(matrix: list, xyz: list) -> dict:
    """What all images of a frame share."""
    points = np.array(xyz, np.float64)
    if points.shape != (21, 3):
        raise ValueError('xyz')
    camera = pinhole(matrix)
    keypoints = project(points, camera)
    return dict(
        keypoints=keypoints,
        visible=np.ones(21),
        box=np.array(square_crop(keypoint_box(keypoints), _SIZE)),
        keypoints_3d=1000 * points,  # from m
        camera=camera,
    )


def _unlabelled(matrix: list) -> dict:
    return dict(keypoints=np.zeros((21, 2)), visible=np.zeros(21), camera=pinhole(matrix))
