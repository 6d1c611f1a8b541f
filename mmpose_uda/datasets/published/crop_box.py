"""The square about the keypoints that RegDA's code crops."""

import numpy as np

Box = tuple[float, float, float, float]
"""Left, upper, right and lower, px."""


def keypoint_box(keypoints: np.ndarray) -> Box:
    """The smallest box about keypoints [K, 2]."""
    (left, upper), (right, lower) = keypoints.min(0).tolist(), keypoints.max(0).tolist()
    return left, upper, right, lower


def square_crop(box: Box, size: tuple[int, int], factor: float = 1.5) -> Box:
    """The square of whole pixels that is cropped for a box.

    Its side is that of the box's longer one times ``factor``, but no longer than the image;
    where it would stick out of the image it is moved into it.

    Args:
        box (tuple): Box of the keypoints, px.
        size (tuple[int, int]): Width and height of the image, px.
        factor (float): How much larger than the box.

    Returns:
        tuple: First and last pixel in both directions.
    """
    left, upper, right, lower = box
    side = min(round(factor * max(right - left, lower - upper)), *size)
    corner = [
        min(max(round(middle - side / 2), 0), extent - side)
        for middle, extent in zip(((left + right) / 2, (upper + lower) / 2), size)
    ]
    return corner[0], corner[1], corner[0] + side - 1, corner[1] + side - 1


def covered_share(box: Box, other: Box) -> float:
    """The share of a box that another covers, pixels counted at both ends."""
    common = (*np.maximum(box[:2], other[:2]), *np.minimum(box[2:], other[2:]))
    return _area(common) / _area(box)


def _area(box: Box) -> float:
    left, upper, right, lower = box
    return max(right - left + 1, 0) * max(lower - upper + 1, 0)
