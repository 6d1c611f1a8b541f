"""One annotation of COCO's style, as any annotation tool writes it, in one form."""

from typing import Any, Optional

import numpy as np

from mmpose_uda.datasets.coco_file import box_of
from mmpose_uda.datasets.faults import Fault, told

VISIBILITIES = (0, 1, 2)
_CATEGORY = 1  # of an annotation that names none, or one that is no number
_UNLABELLED = -1  # some tools write it in the place of COCO's 0


def plain_annotation(
    annotation: dict[str, Any],
    path: str,
    num_keypoints: int,
    number: Optional[int] = None,
    image_number: Optional[int] = None,
    points: Optional[np.ndarray] = None,
) -> dict[str, Any]:
    """The keys that mmpose's data sets and metrics read, with what COCO has by default.

    Tools leave out ``iscrowd``, ``area``, ``num_keypoints`` and ``category_id``, use ids of
    text, and write visibilities as 2.0 or true.

    Args:
        annotation (dict): As it is in the file.
        path (str): The file.
        num_keypoints (int): K.
        number (int, optional): What is to stand for its id.
        image_number (int, optional): What is to stand for its image's id.
        points (np.ndarray, optional): Its :func:`labelled_points`, where they are known.

    Returns:
        dict: ``id``, ``image_id``, ``category_id``, ``bbox`` [4] xywh px, ``iscrowd``,
        ``area`` px², and where it has any ``keypoints`` [K * 3] and ``num_keypoints``.

    Raises:
        UserError: The box is none, or the keypoints are not K triples of numbers.
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
    """All that is wrong with an annotation.

    Args:
        annotation (dict): As it is in the file.
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
    """Area of a person, px²: that of the box where there is none, or 0."""
    if not is_area(annotation.get('area')):
        raise Fault(
            f'`area` of annotation {annotation.get("id")} of `{path}` is '
            f'{told(annotation["area"])}',
            'let it be a number, or leave it out',
        )
    return float(annotation.get('area') or box[2] * box[3])


def is_area(value: Any) -> bool:
    """Whether something can be an area: a number, or nothing."""
    try:
        return bool(np.isfinite(float(value or 0)))
    except (TypeError, ValueError, OverflowError):
        return False


def labelled_points(
    annotation: dict[str, Any], path: str, num_keypoints: int
) -> Optional[np.ndarray]:
    """Keypoints [K, 3] float32 of an annotation: x, y (px) and visibility 0, 1 or 2.

    Returns:
        np.ndarray: 0 throughout where a keypoint has no label; None without keypoints.

    Raises:
        UserError: They are not K triples of numbers, a visibility is another, or a
            keypoint that is visible is nowhere.
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
            'COCO knows 0 (no label), 1 and 2. A confidence is none: write 2 where it is '
            'high and 0 elsewhere',
        )
    nowhere = (visible > 0) & ~np.isfinite(points[:, :2]).all(1)
    if nowhere.any():
        raise Fault(
            f'Keypoint {nowhere.argmax()} of annotation {annotation.get("id")} of `{path}` '
            'is visible but has no finite position',
            'correct it, or write visibility 0',
        )
    points[:, 2] = visible
    points[visible == 0] = 0
    return points


def plain_visibilities(visible: np.ndarray) -> np.ndarray:
    """Visibilities of a file, 0 where none is told."""
    return np.where(np.isnan(visible) | (visible == _UNLABELLED), 0, visible)


def as_triples(
    annotation: dict[str, Any], key: str, path: str, num_keypoints: int
) -> np.ndarray:
    """What an annotation has under a key, [K, 3] float32; None in it becomes NaN.

    Raises:
        UserError: That is not K triples of numbers.
    """
    try:
        with np.errstate(over='ignore'):  # becomes infinite
            return np.array(annotation[key], np.float32).reshape(num_keypoints, 3)
    except (TypeError, ValueError, OverflowError) as error:
        raise Fault(
            f'`{key}` of annotation {annotation.get("id")} of `{path}` does not hold '
            f'{num_keypoints} triples of numbers',
            'mend it, or pass the fitting `metainfo`',
        ) from error
