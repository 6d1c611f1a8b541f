"""People of data sets that give SMPL joints (Loper et al., SIGGRAPH Asia 2015)."""

from typing import Any, Optional

import numpy as np

from mmpose_uda.metainfo import HUMAN17

from .base import Instance
from .camera import project
from .crop_box import keypoint_box
from .projected_pose import projected_pose

# joint of SMPL for each keypoint of HUMAN17: its second spine joint stands for the spine,
# its neck for the thorax; it has neither nose nor top of the head, and none of its joints
# is near enough to stand for them (its `head` is the upper end of the neck)
_JOINTS = np.array([0, 2, 5, 8, 1, 4, 7, 6, 12, 0, 0, 16, 18, 20, 17, 19, 21])
_LABELLED = np.ones(17, bool)
_LABELLED[[9, 10]] = False
HUMAN17_OF_SMPL = dict(HUMAN17, joint_weights=_LABELLED.astype(float).tolist())
"""HUMAN17, in which the keypoints that SMPL lacks have weight 0."""
# each joint's mirror image
_SWAPPED = np.array(
    [0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15]
    + [17, 16, 19, 18, 21, 20, 23, 22]
)


def smpl_person(
    image: str,
    joints: np.ndarray,
    camera: dict[str, np.ndarray],
    size: tuple[int, int],
    mirrored: bool = False,
    **details: Any,
) -> Optional[Instance]:
    """Return a :func:`projected_pose` of HUMAN17 with the box of all joints, or None.

    Args:
        image, camera, size, details: As for :func:`projected_pose`.
        joints (np.ndarray): [24, 3], mm, axes of the camera: x right, y down, z forward.
        mirrored (bool): Whether the joints called left are the person's right ones.

    Raises:
        ValueError: There are not 24 joints, or one is not finite.
    """
    joints = np.asarray(joints, np.float64)
    if joints.shape != (24, 3):
        raise ValueError(f'{joints.shape} numbers for 24 joints')
    if (joints[:, 2] <= 0).any():
        return None
    if mirrored:
        joints = joints[_SWAPPED]
    box = keypoint_box(project(joints, camera))
    return projected_pose(
        image, joints[_JOINTS], camera, size, box=box, labelled=_LABELLED, **details
    )
