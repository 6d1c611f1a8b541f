"""Hands of data sets that give 3D and a camera."""

from typing import Optional

import numpy as np

from .base import Instance
from .crop_box import Box
from .projected_pose import projected_pose


def projected_hand(
    image: str,
    points: np.ndarray,
    camera: dict[str, np.ndarray],
    size: tuple[int, int],
    hand_side: str,
    box: Optional[Box] = None,
    labelled: Optional[np.ndarray] = None,
) -> Optional[Instance]:
    """Return one hand of an image, or None: a :func:`projected_pose` of 21 points.

    Args:
        image, camera, size, box, labelled: As for :func:`projected_pose`.
        points (np.ndarray): [21, 3], mm, axes of the camera: x right, y down, z forward.
        hand_side (str): 'left' or 'right'.

    Raises:
        ValueError: There are not 21 points, or one is not finite.
    """
    points = np.asarray(points, np.float64)
    if points.shape != (21, 3):
        raise ValueError(f'{points.shape} numbers for 21 points')
    return projected_pose(image, points, camera, size, box, labelled, hand_side=hand_side)
