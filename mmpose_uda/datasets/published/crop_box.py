"""The square around the keypoints that RegDA's code crops."""

import numpy as np

Box = tuple[float, float, float, float]
"""Left, upper, right and lower, px."""


def keypoint_box(keypoints: np.ndarray) -> Box:
    """The smallest box around keypoints [K, 2]."""
    (left, upper), (right, lower) = keypoints.min(0).tolist(), keypoints.max(0).tolist()
    return left, upper, right, lower


def square_crop(box: Box, size: tuple[int, int], factor: float = 1.5) -> Box:
    """Return the square of whole pixels that is cropped for a box.

    Its side is ``factor`` times the longer side of the box, but no longer than the image.
    If it would extend beyond the image, it is moved inside.

    Args:
        box (tuple): Box of the keypoints, px.
        size (tuple[int, int]): Width and height of the image, px.
        factor (float): Side of the square, relative to the box's longer side.

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
    """The share of a box that another covers, counting the pixels at both ends."""
    common = (*np.maximum(box[:2], other[:2]), *np.minimum(box[2:], other[2:]))
    return _area(common) / _area(box)


def _area(box: Box) -> float:
    left, upper, right, lower = box
    return max(right - left + 1, 0) * max(lower - upper + 1, 0)
