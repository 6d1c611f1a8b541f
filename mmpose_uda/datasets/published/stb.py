"""The stereo hand pose tracking benchmark (Zhang et al., ICIP 2017)."""

from collections.abc import Iterator

import cv2
import numpy as np
from mmpose.registry import DATASETS
from scipy.io import loadmat

from mmpose_uda.metainfo import HAND21

from .base import Instance, PublishedDataset
from .projected_hand import projected_hand

_BACKGROUNDS = {'train': (2, 3, 4, 5, 6), 'test': (1,)}
_POSES = ('Counting', 'Random')
_SIZE = 640, 480  # px
# Joint of the data set for each keypoint of HAND21: there the fingers follow from the
# little one to the thumb, each from its base to its tip. The first is the palm's centre.
_ORDER = np.array(
    [0] + [4 * finger + i for finger in (4, 3, 2, 1, 0) for i in (1, 2, 3, 4)]
)
_PALM, _RING_BASE = 0, 5  # of the data set's joints
# of the colour camera of the Intel RealSense F200, as its authors publish it
_CAMERA = dict(
    focal=np.array([607.92271, 607.88192]),
    principal_point=np.array([314.78337, 236.42484]),
)
# from the colour to the depth camera: a rotation vector, and mm
_ROTATION = np.array([0.00531, -0.01196, 0.00301])
_TRANSLATION = np.array([-24.0381, -0.4563, -1.2326])


@DATASETS.register_module()
class STB(PublishedDataset):
    """Photographed left hands, six backgrounds; 21 keypoints, 3D and the camera.

    The images are those of the RealSense's colour camera (SK); those of the stereo camera
    (BB) are not read. As for the published figures, 'test' is the first background and
    'train' the five others, each with two sequences of 1500 frames.

    3D is in mm; it is transformed from the depth camera, as in the files, to the colour
    camera. The joints are put in the order of 'hand21'. The data set has the centre of the
    palm instead of the wrist. The wrist here is extrapolated: as far beyond the centre as
    the ring finger's base is before it, as in the code of Ge et al. (CVPR 2019). Other code
    places it elsewhere.

    The box is the square of 1.5 times the keypoints within the image: do not add padding.
    A keypoint in the image counts as visible. There are no masks.

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
images/B1Counting/SK_color_0.png ... SK_color_1499.png
images/B1Random/  B2Counting/ ... B6Random/  the same
labels/B1Counting_SK.mat  B1Random_SK.mat ... B6Random_SK.mat
"""
    SPLITS = tuple(_BACKGROUNDS)
    SOURCE = 'the stereo hand pose tracking benchmark (STB)'

    def load_instances(self) -> Iterator[Instance]:
        for background in _BACKGROUNDS[self.split]:
            for pose in _POSES:
                yield from self._hands(f'B{background}{pose}')

    def _hands(self, sequence: str) -> Iterator[Instance]:
        frames = self._joints(sequence)
        images = [f'images/{sequence}/SK_color_{i}.png' for i in range(len(frames))]
        for image in images[:1] + images[-1:]:
            self.require(image)
        for image, joints in zip(images, frames):
            hand = projected_hand(image, _hand21(joints), _CAMERA, _SIZE, 'left')
            if hand is not None:
                yield hand

    def _joints(self, sequence: str) -> np.ndarray:
        """Joints [N, 21, 3] of a sequence, mm, along the depth camera's axes."""
        name = f'labels/{sequence}_SK.mat'
        path = self.require(name)
        try:
            joints = np.asarray(loadmat(path)['handPara'], np.float64)
        except Exception as error:  # damaged files raise anything
            raise self.misfit(
                f'has a `{name}` that is not a MATLAB file with `handPara` ({error!r})'
            ) from error
        if joints.ndim != 3 or joints.shape[:2] != (3, 21) or not np.isfinite(joints).all():
            raise self.misfit(
                f'has a `{name}` whose `handPara` of {joints.shape} does not hold three '
                'finite numbers for each of 21 joints and each frame'
            )
        return joints.transpose(2, 1, 0)


def _hand21(joints: np.ndarray) -> np.ndarray:
    """Keypoints [21, 3] of HAND21 along the colour camera's axes, mm."""
    points = (joints - _TRANSLATION) @ cv2.Rodrigues(_ROTATION)[0]  # the inverse rotation
    points[_PALM] = 2 * points[_PALM] - points[_RING_BASE]
    return points[_ORDER]
