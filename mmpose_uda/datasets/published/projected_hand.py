"""Hands whose data sets give 3D and a camera: 2D, visibility and box follow from them."""

from typing import Optional

import numpy as np

from .base import Instance
from .camera import project
from .crop_box import Box, keypoint_box, square_crop


def projected_hand(
    image: str,
    points: np.ndarray,
    camera: dict[str, np.ndarray],
    size: tuple[int, int],
    hand_side: str,
    box: Optional[Box] = None,
    labelled: Optional[np.ndarray] = None,
) -> Optional[Instance]:
    """One hand of an image, or None if no keypoint is in the image.

    A keypoint is visible if it lies in the image, behind an object or not: occlusion is
    what none of these data sets tells. Of a hand that is partly outside, the box is that of
    the part inside. A keypoint without a label is not visible, and stands at the wrist.

    Args:
        image (str): File, relative to the data set's folder.
        points (np.ndarray): [21, 3], mm, in the camera's frame: x right, y down, z forward.
        camera (dict): ``focal`` [2] and ``principal_point`` [2], px.
        size (tuple[int, int]): Width and height of the image, px.
        hand_side (str): 'left' or 'right'.
        box (tuple, optional): That of the hand as it is published, instead of the
            keypoints'; xyxy, px.
        labelled (np.ndarray, optional): [21], whether a point means anything; that of the
            wrist has to. Default: all do.

    Raises:
        ValueError: There are other than 21 points, or one is not finite.
    """
    points = np.asarray(points, np.float64)
    if points.shape != (21, 3):
        raise ValueError(f'{points.shape} numbers for 21 points')
    if labelled is not None:
        points = np.where(labelled[:, None], points, points[0])
    if (points[:, 2] <= 0).any():
        return None  # behind the camera: posed by others of the same moment
    keypoints = project(points, camera)
    visible = ((keypoints >= 0) & (keypoints <= np.array(size) - 1)).all(1)
    if labelled is not None:
        visible &= labelled
    if not visible.any():
        return None
    return Instance(
        image,
        keypoints=keypoints,
        visible=visible,
        box=hand_box(keypoints if box is None else np.reshape(box, (2, 2)), size),
        keypoints_3d=points,
        camera=camera,
        hand_side=hand_side,
    )


def hand_box(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The square about the part of a hand that is in the image, xyxy, px.

    Args:
        points (np.ndarray): [N, 2], px: keypoints, or two corners of a box.
        size (tuple[int, int]): Width and height of the image, px.
    """
    inside = np.clip(points, 0, np.array(size) - 1)
    return np.array(square_crop(keypoint_box(inside), size))
