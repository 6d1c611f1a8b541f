"""What this package adds to COCO's format: 3D poses and cameras."""

from typing import Any

import numpy as np

from mmpose_uda.datasets.coco_annotation import as_triples
from mmpose_uda.datasets.faults import Fault, quoted

_FARTHEST = 1e7  # mm; nobody is seen from farther away


def labelled_pose(annotation: dict[str, Any], path: str, visible: np.ndarray) -> np.ndarray:
    """Return ``keypoints_3d`` of an annotation, [K, 3] float32, mm.

    Args:
        annotation (dict): As in the file.
        path (str): The file.
        visible (np.ndarray): Visibility [K] of the keypoints; 0 without a label.

    Raises:
        UserError: It is not K triples of numbers, a labelled keypoint has no finite
            position, or all of them are at the same position.
    """
    pose = as_triples(annotation, 'keypoints_3d', path, len(visible))
    labelled = visible > 0
    owner = f'`keypoints_3d` of annotation {annotation.get("id")} of `{path}`'
    nowhere = labelled & ~(np.abs(pose) < _FARTHEST).all(1)  # true for NaN as well
    if nowhere.any():
        where = ', '.join(f'{value:g}' for value in pose[nowhere.argmax()])
        raise Fault(
            f'{owner} has [{where}] for keypoint {nowhere.argmax()}, which is visible',
            "give its position in mm along the camera's axes, or set its visibility to 0",
        )
    if labelled.sum() > 1 and not np.ptp(pose[labelled], axis=0).any():
        raise Fault(
            f'{owner} has all keypoints at the same position',
            'correct them, or leave `keypoints_3d` out',
        )
    return pose


def camera_of(image: dict[str, Any], path: str) -> dict[str, np.ndarray]:
    """Return ``camera`` of an image: ``focal`` [2], ``principal_point`` [2] float32, px.

    Args:
        image (dict): As in the file.
        path (str): The file.

    Raises:
        UserError: One of the two is missing or is not two finite numbers, or a focal
            length is not positive.
    """
    camera = image['camera']
    try:
        with np.errstate(over='ignore'):  # too large becomes infinite
            focal, centre = (
                np.array(camera[key], np.float32).reshape(2)
                for key in ('focal', 'principal_point')
            )
        is_right = np.isfinite([focal, centre]).all() and (focal > 0).all()
    except (KeyError, TypeError, ValueError, OverflowError):
        is_right = False
    if not is_right:
        raise Fault(
            f'`camera` of image {image["id"]} of `{path}` is {quoted(camera)}',
            'give it `focal` and `principal_point`, two numbers each, in px, the focal '
            'lengths above 0, or leave it out',
        )
    return dict(focal=focal, principal_point=centre)
