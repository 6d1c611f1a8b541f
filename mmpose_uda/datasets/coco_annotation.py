"""One COCO-style annotation, as any annotation tool writes it, in a uniform form."""

from typing import Any, Optional

import numpy as np

from mmpose_uda.datasets.coco_file import box_of
from mmpose_uda.datasets.faults import Fault, quoted

VISIBILITIES = (0, 1, 2)
_CATEGORY = 1  # for an annotation without one, or with one that is not an integer
_UNLABELLED = -1  # written by some tools instead of COCO's 0


def plain_annotation(
    annotation: dict[str, Any],
    path: str,
    num_keypoints: int,
    number: Optional[int] = None,
    image_number: Optional[int] = None,
    points: Optional[np.ndarray] = None,
) -> dict[str, Any]:
    """Return the keys that mmpose's data sets and metrics read, with COCO's defaults.

    Tools leave out ``iscrowd``, ``area``, ``num_keypoints`` and ``category_id``, use text
    as ids, and write visibilities as 2.0 or true.

    Args:
        annotation (dict): As in the file.
        path (str): The file.
        num_keypoints (int): K.
        number (int, optional): Replaces its id.
        image_number (int, optional): Replaces the id of its image.
        points (np.ndarray, optional): Its :func:`labelled_points`, if already read.

    Returns:
        dict: ``id``, ``image_id``, ``category_id``, ``bbox`` [4] xywh px, ``iscrowd``,
        ``area`` px², and if it has keypoints ``keypoints`` [K * 3] and ``num_keypoints``.

    Raises:
        UserError: The box, the area or the keypoints are invalid.
    """
    box, category = box_of(annotation, path), annotation.get('category_id')
    plain = dict(
        id=annotation.get('id') if number is None else number,
        image_id=annotation.get('image_id') if image_number is None else image_number,
        category_id=category if type(category) is int else _CATEGORY,
        bbox=[float(value) for value in box],
        iscrowd=int(bool(annotation.get('iscrowd', 0))),
        area=_area_of(annotation, box, path),
    )
    if points is None:
        points = labelled_points(annotation, path, num_keypoints)
    if points is not None:
        plain['keypoints'] = points.ravel().tolist()
        plain['num_keypoints'] = int((points[:, 2] > 0).sum())
    return plain


def faults_of(annotation: dict[str, Any], path: str, num_keypoints: int) -> list[Fault]:
    """Return everything that is wrong with an annotation.

    Args:
        annotation (dict): As in the file.
        path (str): The file.
        num_keypoints (int): K.
    """
    faults = []
    for read in (
        lambda: _area_of(annotation, box_of(annotation, path), path),
        lambda: labelled_points(annotation, path, num_keypoints),
    ):
        try:
            read()
        except Fault as fault:
            faults.append(fault)
    return faults


def _area_of(annotation: dict[str, Any], box: np.ndarray, path: str) -> float:
    """Area of a person, px²: that of the box if the annotation has none, or 0."""
    if not is_area(annotation.get('area')):
        raise Fault(
            f'`area` of annotation {annotation.get("id")} of `{path}` is '
            f'{quoted(annotation["area"])}',
            'make it a number, or leave it out',
        )
    return float(annotation.get('area') or box[2] * box[3])


def is_area(value: Any) -> bool:
    """Whether a value is a valid area: a number, or nothing."""
    try:
        return bool(np.isfinite(float(value or 0)))
    except (TypeError, ValueError, OverflowError):
        return False


def labelled_points(
    annotation: dict[str, Any], path: str, num_keypoints: int
) -> Optional[np.ndarray]:
    """Return keypoints [K, 3] float32: x, y (px) and visibility 0, 1 or 2.

    Returns:
        np.ndarray: All 0 for a keypoint without a label; None without keypoints.

    Raises:
        UserError: They are not K triples of numbers, a visibility has another value, or a
            visible keypoint has no finite position.
    """
    values = annotation.get('keypoints')
    if values is None or values == []:
        return None
    points = as_triples(annotation, 'keypoints', path, num_keypoints)
    visible = plain_visibilities(points[:, 2])
    wrong = ~np.isin(visible, VISIBILITIES)
    if wrong.any():
        raise Fault(
            f'Keypoint {wrong.argmax()} of annotation {annotation.get("id")} of `{path}` '
            f'has the visibility {visible[wrong][0]:g}',
            'COCO defines 0 (no label), 1 and 2; for a confidence, write 2 if it is high '
            'and 0 otherwise',
        )
    nowhere = (visible > 0) & ~np.isfinite(points[:, :2]).all(1)
    if nowhere.any():
        raise Fault(
            f'Keypoint {nowhere.argmax()} of annotation {annotation.get("id")} of `{path}` '
            'is visible but has no finite position',
            'correct it, or set its visibility to 0',
        )
    points[:, 2] = visible
    points[visible == 0] = 0
    return points


def plain_visibilities(visible: np.ndarray) -> np.ndarray:
    """Replace missing visibilities of a file, NaN or -1, by 0."""
    return np.where(np.isnan(visible) | (visible == _UNLABELLED), 0, visible)


def as_triples(
    annotation: dict[str, Any], key: str, path: str, num_keypoints: int
) -> np.ndarray:
    """Return what an annotation has under a key, [K, 3] float32; None becomes NaN.

    Raises:
        UserError: It is not K triples of numbers.
    """
    try:
        with np.errstate(over='ignore'):  # too large becomes infinite
            return np.array(annotation[key], np.float32).reshape(num_keypoints, 3)
    except (TypeError, ValueError, OverflowError) as error:
        raise Fault(
            f'`{key}` of annotation {annotation.get("id")} of `{path}` does not hold '
            f'{num_keypoints} triples of numbers',
            'correct it, or pass the matching `metainfo`',
        ) from error
