"""All annotations of a file at once: what is plainly right needs no second look.

One annotation of COCO takes microseconds to look at by columns, and a hundred times that by
itself (:mod:`~mmpose_uda.datasets.coco_annotation`, which says what is wrong).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

_XYWH, _XYV = 4, 3


@dataclass(frozen=True)
class Columns:
    """Boxes and keypoints of N annotations.

    Attributes:
        points (np.ndarray): [N, K, 3] float32: x, y (px) and visibility 0, 1 or 2; 0
            throughout where a keypoint has no label.
        are_right (np.ndarray): [N] whether an annotation has a box, keypoints and, if any,
            an area that are as COCO has them. What is in the columns of others means
            nothing.
    """

    points: np.ndarray
    are_right: np.ndarray


def read_columns(annotations: list[dict[str, Any]], num_keypoints: int) -> Columns:
    """Read the boxes and keypoints of annotations.

    Args:
        annotations (list[dict]): As in a file.
        num_keypoints (int): K; 0 where keypoints are not looked at.

    Returns:
        Columns: In their order.
    """
    boxes, has_box = _column(annotations, 'bbox', _XYWH)
    points, has_points = _column(annotations, 'keypoints', _XYV * num_keypoints)
    has_points |= num_keypoints == 0
    points = points.reshape(len(annotations), num_keypoints, _XYV)
    visible = points[..., 2]
    is_told = ((visible == 0) | (visible == 1) | (visible == 2)).all(1)
    is_right = has_box & has_points & is_told & _have_area(annotations)
    is_right &= np.isfinite(boxes).all(1) & np.isfinite(points).all((1, 2))
    points[visible == 0] = 0
    return Columns(points.astype(np.float32), is_right)


def _have_area(annotations: list[dict[str, Any]]) -> np.ndarray:
    areas = [annotation.get('area', 0) for annotation in annotations]
    return np.array([type(a) in (int, float) and abs(a) < np.inf for a in areas], bool)


def _column(
    annotations: list[dict[str, Any]], key: str, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers [N, width] under a key, and where there are so many."""
    values = [annotation.get(key) for annotation in annotations]
    fits = np.array([type(v) is list and len(v) == width for v in values], bool)
    rows = np.full((len(values), width), np.nan)
    fitting = [value for value, does in zip(values, fits) if does]
    try:
        rows[fits] = np.array(fitting, np.float64).reshape(len(fitting), width)
    except (TypeError, ValueError):  # something in them is no number
        for n in np.flatnonzero(fits):
            try:
                rows[n] = values[n]
            except (TypeError, ValueError):
                fits[n] = False
    return rows, fits
