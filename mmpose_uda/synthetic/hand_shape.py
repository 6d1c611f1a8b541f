"""Flesh of the template hand: round cones on the bones."""

import numpy as np

from .hand_skeleton import (
    BONE_LENGTHS,
    FOREARM,
    FOREARM_LENGTH,
    HINGES,
    NUM_BONES,
    HandShape,
    forward_kinematics,
)
from .skinned_mesh import RoundCones

# Fingers slightly spread, so that the template's surfaces stay apart.
REST_POSE = np.array(
    [[4, 11, 6, 4, 4, 3, 6, 4, 4, -6, 6, 4, 4, -15, 6, 4, 44, 22, 48, 6, 6, 0, 0, 0]],
    dtype=np.float64,
)

# Radii (mm) of MCP, PIP, DIP and the pad of the tip of each finger.
FLESH = np.array(
    [
        (11.5, 10.5, 9.6, 7.6),
        (9.8, 8.9, 7.9, 6.5),
        (10.0, 9.1, 8.0, 6.6),
        (9.5, 8.5, 7.6, 6.3),
        (8.6, 7.4, 6.6, 5.6),
    ]
)


def hand_flesh() -> tuple[np.ndarray, np.ndarray, RoundCones]:
    """The template in its rest pose.

    Returns:
        tuple[np.ndarray, np.ndarray, RoundCones]: Joints [21, 3] in mm, frames
        [36, 3, 3] of bones and then hinges, and the flesh on them.
    """
    joints, frames, hinges = (x[0] for x in forward_kinematics(REST_POSE, HandShape.mean()))
    frames = np.concatenate([frames, hinges])
    starts = bone_origins(joints)
    cones = RoundCones()

    def add(bone, start, end, radii):
        """Add a cone from start to end, in the bone's frame (mm)."""
        axes = frames[bone]
        cones.add(
            bone,
            starts[bone] + axes @ np.asarray(start, float),
            starts[bone] + axes @ np.asarray(end, float),
            radii,
        )

    for finger in range(5):
        for part in range(3):
            bone = 4 * finger + part + 1
            length = BONE_LENGTHS[bone]
            r0, r1 = FLESH[finger, part : part + 2]
            if finger == 0 and part == 0:
                add(bone, (0, 4, 1), (0, length, 0), (13.5, r1))
                continue
            if part == 2:
                # The pad is a little thicker than the back of the finger-tip.
                add(bone, (0, 0, 0), (0, length - r1 + 0.5, 0.6), (r0, r1))
            else:
                add(bone, (0, 0, 0), (0, length, 0), (r0 * 0.97, r1 * 0.95))
                # Soft middle of the phalanx on the palm side.
                add(
                    bone,
                    (0, 0.3 * length, 2.2),
                    (0, 0.7 * length, 2.2),
                    (r0 * 0.84, r1 * 0.86),
                )
    for finger in range(1, 5):
        bone = 4 * finger
        length = BONE_LENGTHS[bone]
        add(bone, (0, 0.16 * length, 0), (0, length - 3, 1.5), (11.5, 10.2))
        # Pads under the knuckles.
        add(bone, (0, 0.62 * length, 5), (0, 0.9 * length, 6), (9.0, 8.5))
    # Web between the fingers: they part half-way along their first bones.
    for finger in range(1, 4):
        for joint, side in ((4 * finger + 1, -1), (4 * finger + 5, 1)):
            hinge = NUM_BONES + HINGES.index(joint)
            add(hinge, (side * 8, -16, 1), (side * 7.5, 11, 2), (8.5, 5.5))
    # Ball of the thumb, its web, and the ball of the little finger.
    add(1, (0, -4, 5), (0, 30, 4), (15.5, 12.5))
    add(1, (-7, 4, 6), (-5, 22, 6), (13, 10))
    cones.add(1, joints[1] + (-9, 18, 3), joints[1] + (-2, 34, 4), (10.0, 6.5))
    cones.add(4, joints[1] + (-9, 18, 3), joints[5] - (-4, 28, -4), (10.0, 7.5))
    add(16, (-9, 20, 9), (-4, 58, 7), (12.5, 10.5))
    add(16, (-12, 10, 4), (-8, 44, 5), (14.5, 13))
    # Carpus and forearm, wider than deep.
    add(8, (-11, 0, 1), (-11, 26, 1), (15.5, 12))
    add(8, (10, 0, 1), (11, 26, 1), (15.5, 12))
    for side in (-1, 1):
        add(
            FOREARM,
            (side * 11, -2, 0),
            (side * 13, -FOREARM_LENGTH + 20, 0),
            (16.5, 20.5),
        )
    add(FOREARM, (0, -2, 0), (0, -FOREARM_LENGTH + 20, 0), (17.5, 22.0))
    # Hinges: knuckles.
    for index, joint in enumerate(HINGES[:-1]):
        finger, part = divmod(joint - 1, 4)
        radius = FLESH[finger, part]
        back = -0.6 if part else -2.0
        radius *= 0.96 if part else 1
        add(NUM_BONES + index, (0, -0.5, back), (0, 0.5, back), (radius, radius))
    add(NUM_BONES + len(HINGES) - 1, (-12, 0, 0), (12, 0, 0), (16.5, 16.5))
    return joints, frames, cones


def bone_origins(joints: np.ndarray) -> np.ndarray:
    """Origins [36, 3] of bones and hinges, for joints [21, 3], in mm."""
    proximal = [0 if bone % 4 == 0 else bone for bone in range(20)] + [0]
    return joints[proximal + list(HINGES)]


def bone_transforms(
    joints: np.ndarray,
    frames: np.ndarray,
    hinges: np.ndarray,
    shape: HandShape,
    rest_frames: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Transforms of bones and hinges that pose the template.

    A bone is stretched along its own axis by its length and across it by the thickness
    of the flesh; a hinge is scaled by the thickness in all directions.

    Args:
        joints (np.ndarray): Joints of the posed hand [21, 3] in mm.
        frames (np.ndarray): Frames of its bones [21, 3, 3].
        hinges (np.ndarray): Frames of its hinges [15, 3, 3].
        shape (HandShape): Its proportions, N = 1.
        rest_frames (np.ndarray): Frames of the template [36, 3, 3].

    Returns:
        tuple[np.ndarray, np.ndarray]: Linear parts [36, 3, 3], and origins [36, 3] in mm.
    """
    ratio = np.concatenate(
        [shape.lengths[0] / BONE_LENGTHS, [shape.forearm / FOREARM_LENGTH]]
    )
    thick = float(shape.thickness[0])
    scale = np.full((NUM_BONES + len(HINGES), 3), thick)
    scale[:NUM_BONES, 1] = ratio
    # The palm widens with the hand's bones, not with the flesh.
    scale[[4, 8, 12, 16], 0] = ratio[[4, 8, 12, 16]]
    posed = np.concatenate([frames, hinges])
    linear = np.einsum('bij,bj,bkj->bik', posed, scale, rest_frames)
    return linear, bone_origins(joints)
