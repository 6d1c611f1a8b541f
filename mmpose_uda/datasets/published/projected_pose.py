"""Poses of data sets that give 3D and a camera: 2D, visibility and box follow from them."""

from typing import Any, Optional

import numpy as np

from .base import Instance
from .camera import project
from .crop_box import Box, keypoint_box, square_crop


def projected_pose(
    image: str,
    points: np.ndarray,
    camera: dict[str, np.ndarray],
    size: tuple[int, int],
    box: Optional[Box] = None,
    labelled: Optional[np.ndarray] = None,
    keypoints: Optional[np.ndarray] = None,
    **details: Any,
) -> Optional[Instance]:
    """Return one person or hand of an image, or None if no keypoint is in the image.

    A keypoint is visible if it lies in the image, occluded or not: none of these data sets
    gives occlusions. The box of a pose that is partly outside is that of the part inside.
    A keypoint without a label is not visible, and is placed at the root.

    Args:
        image (str): Image file, relative to the data set's folder.
        points (np.ndarray): [K, 3], mm, axes of the camera: x right, y down, z forward;
            the first is the root.
        camera (dict): ``focal`` [2] and ``principal_point`` [2], px.
        size (tuple[int, int]): Width and height of the image, px.
        box (tuple, optional): Published box of the pose, instead of that of the keypoints;
            xyxy, px.
        labelled (np.ndarray, optional): [K], whether a point has a label; the root must
            have one. Default: all have.
        keypoints (np.ndarray, optional): [K, 2], px, as published, instead of the
            projection of the points.
        **details: Other fields of the :class:`Instance`, such as ``hand_side``, ``mask``.

    Raises:
        ValueError: A point is not finite.
    """
    points = np.asarray(points, np.float64)
    if labelled is not None:
        points = np.where(labelled[:, None], points, points[0])
    if (points[:, 2] <= 0).any():
        return None  # behind this camera; the pose was captured by others
    if keypoints is None:
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
        box=square_box(keypoints if box is None else np.reshape(box, (2, 2)), size),
        keypoints_3d=points,
        camera=camera,
        **details,
    )


def square_box(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the square of 1.5 times the part of a pose inside the image, xyxy, px.

    Args:
        points (np.ndarray): [N, 2], px: keypoints, or two corners of a box.
        size (tuple[int, int]): Width and height of the image, px.
    """
    inside = np.clip(points, 0, np.array(size) - 1)
    return np.array(square_crop(keypoint_box(inside), size))
