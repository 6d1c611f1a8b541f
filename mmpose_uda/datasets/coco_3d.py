"""What this package adds to COCO's style: poses in space, and cameras."""

from typing import Any

import numpy as np

from mmpose_uda.datasets.coco_annotation import as_triples
from mmpose_uda.datasets.faults import Fault, told

_FARTHEST = 1e7  # mm: nobody is seen from as far


def labelled_pose(annotation: dict[str, Any], path: str, visible: np.ndarray) -> np.ndarray:
    """``keypoints_3d`` of an annotation, [K, 3] float32, mm.

    Args:
        annotation (dict): As it is in the file.
        path (str): The file.
        visible (np.ndarray): Visibility [K] of the keypoints; 0 where there is no label.

    Raises:
        UserError: It is not K triples of numbers, a labelled keypoint is nowhere, or all
            of them are in one place.
    """
    pose = as_triples(annotation, 'keypoints_3d', path, len(visible))
    labelled = visible > 0
    owner = f'`keypoints_3d` of annotation {annotation.get("id")} of `{path}`'
    nowhere = labelled & ~(np.abs(pose) < _FARTHEST).all(1)  # NaN is not less
    if nowhere.any():
        where = ', '.join(f'{value:g}' for value in pose[nowhere.argmax()])
        raise Fault(
            f'{owner} has [{where}] for keypoint {nowhere.argmax()}, which is visible',
            'let it be mm in the axes of the camera, or write visibility 0',
        )
    if labelled.sum() > 1 and not np.ptp(pose[labelled], axis=0).any():
        raise Fault(
            f'{owner} has all keypoints in one place',
            'correct them, or leave `keypoints_3d` out',
        )
    return pose


def camera_of(image: dict[str, Any], path: str) -> dict[str, np.ndarray]:
    """``camera`` of an image: ``focal`` [2] and ``principal_point`` [2] float32, px.

    Args:
        image (dict): As it is in the file.
        path (str): The file.

    Raises:
        UserError: It has not these two, two numbers each, finite, and positive for the
            focal length.
    """
    camera = image['camera']
    try:
        with np.errstate(over='ignore'):  # becomes infinite
            focal, centre = (
                np.array(camera[key], np.float32).reshape(2)
                for key in ('focal', 'principal_point')
            )
        is_right = np.isfinite([focal, centre]).all() and (focal > 0).all()
    except (KeyError, TypeError, ValueError, OverflowError):
        is_right = False
    if not is_right:
        raise Fault(
            f'`camera` of image {image["id"]} of `{path}` is {told(camera)}',
            'let it have `focal` and `principal_point`, two numbers each, px, the focal '
            'length above 0, or leave it out',
        )
    return dict(focal=focal, principal_point=centre)
