"""All annotations of a file at once; only a few need a second look.

Checking an annotation of COCO takes microseconds by columns, and a hundred times as long on
its own (:mod:`~mmpose_uda.datasets.coco_annotation`, which reports what is wrong).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmpose_uda.datasets.coco_annotation import (
    VISIBILITIES,
    faults_of,
    is_area,
    labelled_points,
    plain_visibilities,
)
from mmpose_uda.datasets.faults import Fault

_XYWH, _XYV = 4, 3


@dataclass(frozen=True)
class Columns:
    """Keypoints of N annotations, and the number of faults in each.

    Attributes:
        points (np.ndarray): [N, K, 3] float32: x, y (px) and visibility 0, 1 or 2; all 0
            for a keypoint without a label.
        are_read (np.ndarray): [N], whether the keypoints of an annotation are in
            ``points``. Others have none, or another layout, such as one list per keypoint.
        are_plain (bool): Whether all keypoints are finite numbers with a visibility that
            COCO defines.
        faults (np.ndarray): [N], how many faults
            :func:`~mmpose_uda.datasets.coco_annotation.faults_of` finds.
    """

    points: np.ndarray
    are_read: np.ndarray
    are_plain: bool
    faults: np.ndarray


def read_columns(
    annotations: list[dict[str, Any]], num_keypoints: int, path: str
) -> Columns:
    """Read the keypoints of annotations, and check their boxes and areas.

    Args:
        annotations (list[dict]): As in the file.
        num_keypoints (int): K; 0 if keypoints are not checked.
        path (str): The file.

    Returns:
        Columns: In the order of the annotations.
    """
    boxes, has_box = _column(annotations, 'bbox', _XYWH)
    has_area = [is_area(annotation.get('area')) for annotation in annotations]
    is_box = has_box & np.isfinite(boxes).all(1)
    faults = (~(is_box & np.array(has_area, bool))).astype(int)
    points, are_read = _column(annotations, 'keypoints', _XYV * num_keypoints)
    are_read |= num_keypoints == 0
    with np.errstate(over='ignore'):  # too large becomes infinite
        points = points.astype(np.float32).reshape(len(annotations), num_keypoints, _XYV)
    is_plain = np.isfinite(points).all() and (points[..., 2] >= 0).all()
    visible = plain_visibilities(points[..., 2])
    is_told = np.isin(visible, VISIBILITIES) & (
        (visible == 0) | np.isfinite(points[..., :2]).all(-1)
    )
    points[..., 2] = visible
    points[visible == 0] = 0
    faults += are_read & ~is_told.all(1)
    for n in np.flatnonzero(~are_read):
        faults[n] += not _are_points(annotations[n], num_keypoints, path)
    return Columns(points, are_read, bool(is_plain and are_read.all()), faults)


def told_faults(
    annotations: list[dict[str, Any]], columns: Columns, num_keypoints: int, path: str
) -> Iterator[Fault]:
    """Yield the faults of annotations, one after the other.

    Args:
        annotations (list[dict]): As in the file.
        columns (Columns): Those of the annotations.
        num_keypoints (int): K.
        path (str): The file.
    """
    for n in np.flatnonzero(columns.faults):
        yield from faults_of(annotations[n], path, num_keypoints)


def _are_points(annotation: dict[str, Any], num_keypoints: int, path: str) -> bool:
    """Whether keypoints that are not a flat list of K triples are valid."""
    values = annotation.get('keypoints')
    if values is None or values == []:
        return True
    if not (isinstance(values, list) and isinstance(values[0], list)):
        return False
    try:
        labelled_points(annotation, path, num_keypoints)
    except Fault:
        return False
    return True


def _column(
    annotations: list[dict[str, Any]], key: str, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers [N, width] under a key, and which rows have that many."""
    values = [annotation.get(key) for annotation in annotations]
    fits = np.array([type(v) is list and len(v) == width for v in values], bool)
    rows = np.full((len(values), width), np.nan)
    fitting = [value for value, does in zip(values, fits) if does]
    try:
        rows[fits] = np.array(fitting, np.float64).reshape(len(fitting), width)
    except (TypeError, ValueError, OverflowError):  # some value is not a number
        for n in np.flatnonzero(fits):
            try:
                rows[n] = values[n]
            except (TypeError, ValueError, OverflowError):
                fits[n] = False
    return rows, fits
