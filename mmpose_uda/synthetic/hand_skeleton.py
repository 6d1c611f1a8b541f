"""Articulated right hand: joints, bone frames and anatomical limits.

Palm frame (mm): origin at the wrist, x towards the thumb side, y towards the fingers,
z out of the palm. Bone frames have y along the bone, x as flexion axis and z to the
palm side of the finger, so a positive rotation about x closes the hand.
Joints follow the order of FreiHAND and RHD: wrist, then thumb, index, middle, ring and
little finger from the palm to the tip. Everything is vectorised over N hands.
"""

from dataclasses import dataclass

import numpy as np

from .rotations import rotation

FINGERS = ('thumb', 'index', 'middle', 'ring', 'little')
PARENTS = np.array(
    [-1]
    + [0 if part == 0 else 4 * finger + part for finger in range(5) for part in range(4)]
)

# A pose is a vector of angles in degrees: for each finger the flexion and abduction of
# the MCP and the flexion of PIP and DIP; for the thumb the metacarpal's radial and
# palmar abduction and its twist, then MCP and IP flexion; the cupping of the palm; the
# flexion and deviation of the wrist.
DOFS = tuple(
    f'{finger}_{dof}' for finger in FINGERS[1:] for dof in ('mcp', 'abd', 'pip', 'dip')
) + (
    'thumb_radial',
    'thumb_palmar',
    'thumb_twist',
    'thumb_mcp',
    'thumb_ip',
    'palm_cup',
    'wrist_flex',
    'wrist_dev',
)
_FINGER_LIMITS = [(-20, 90), (-20, 20), (0, 108), (-8, 80)]
LIMITS = np.array(
    4 * _FINGER_LIMITS
    + [
        (-5, 65),
        (-5, 62),
        (20, 115),
        (-12, 60),
        (-20, 80),
        (0, 14),
        (-55, 60),
        (-25, 22),
    ],
    dtype=np.float64,
)
# The fingers of a straight hand fan out by these abductions (index to little finger).
NEUTRAL_ABDUCTION = (4.0, 0.0, -4.0, -9.0)
# DIP follows PIP, since one tendon bends both; poses may differ by the tolerance.
DIP_PER_PIP, DIP_TOLERANCE = 0.6, 15.0

# Mean lengths of the bone that ends in joint k + 1 (mm). Relative to the palm's width, the
# fingers' lengths lie between those of multi-view labels of real hands (InterHand2.6M) and
# of MediaPipe's predictions on photographs.
BONE_LENGTHS = np.array(
    [
        *(35, 40, 31, 28),
        *(89, 40.5, 25, 23),
        *(89, 44, 28.5, 24),
        *(83, 40, 26.5, 23.5),
        *(77, 31.5, 20, 20),
    ],
    dtype=np.float64,
)
FOREARM_LENGTH = 90.0
# Directions wrist -> CMC of the thumb and MCP of the fingers.
_PALM_DIRECTIONS = np.array(
    [
        (0.68, 0.68, 0.28),
        (0.305, 0.952, -0.02),
        (0.045, 0.998, -0.05),
        (-0.2, 0.98, -0.02),
        (-0.43, 0.902, 0.05),
    ]
)
PALM_DIRECTIONS = _PALM_DIRECTIONS / np.linalg.norm(_PALM_DIRECTIONS, axis=1, keepdims=True)

NUM_BONES = 21  # bone k < 20 ends in joint k + 1, bone 20 is the forearm
FOREARM = 20
# Joints that bend get a frame half-way between both bones; without it the skin of a
# strongly flexed joint collapses. Order: joints of each finger, then the wrist.
HINGES = tuple(j for f in range(5) for j in range(4 * f + 1, 4 * f + 4) if j != 1) + (
    0,
)  # the base of the thumb is a saddle joint, not a hinge


@dataclass
class HandShape:
    """Proportions of one or more hands.

    Args:
        lengths (np.ndarray): Bone lengths [N, 20] in mm.
        directions (np.ndarray): Unit vectors wrist to palm joints [N, 5, 3].
        thickness (np.ndarray): Factor on the radius of the flesh [N].
        forearm (float): Length of the visible forearm in mm.
    """

    lengths: np.ndarray
    directions: np.ndarray
    thickness: np.ndarray
    forearm: float = FOREARM_LENGTH

    @classmethod
    def mean(cls) -> 'HandShape':
        """The template hand, N = 1."""
        return cls(BONE_LENGTHS[None], PALM_DIRECTIONS[None], np.ones(1))

    @classmethod
    def sample(cls, rng: np.random.Generator) -> 'HandShape':
        """One random hand (N = 1): overall size, bones and thickness vary."""
        size = np.clip(rng.normal(1, 0.07), 0.8, 1.2)
        bones = np.clip(rng.normal(1, 0.04, 20), 0.9, 1.1)
        # The metacarpals of the fingers form the palm, so their lengths vary together.
        bones[[4, 8, 12, 16]] = np.clip(rng.normal(1, 0.035), 0.91, 1.09) * np.clip(
            rng.normal(1, 0.012, 4), 0.97, 1.03
        )
        directions = PALM_DIRECTIONS + rng.normal(0, 0.012, (5, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        thickness = size * np.clip(rng.normal(1.04, 0.07), 0.88, 1.2)
        return cls(
            (BONE_LENGTHS * size * bones)[None], directions[None], np.array([thickness])
        )


def _frame(direction: np.ndarray, palmar: np.ndarray) -> np.ndarray:
    """Frames [N, 3, 3] (columns x, y, z) with y along direction, z near palmar."""
    z = palmar - (palmar * direction).sum(-1, keepdims=True) * direction
    z /= np.linalg.norm(z, axis=-1, keepdims=True)
    return np.stack([np.cross(direction, z), direction, z], axis=-1)


def clip_pose(pose: np.ndarray) -> np.ndarray:
    """Clip angles [N, 24] to the anatomical limits, including the DIP-PIP coupling."""
    pose = np.clip(pose, LIMITS[:, 0], LIMITS[:, 1])
    fingers = pose[..., :16].reshape(pose.shape[:-1] + (4, 4))
    mcp, abd, pip, dip = np.moveaxis(fingers, -1, 0)
    # A flexed MCP joint leaves its collateral ligaments no room for abduction.
    room = 20 * (1 - 0.75 * np.clip(mcp, 0, None) / 90)
    fingers[..., 1] = np.clip(abd, -room, room)
    coupled = DIP_PER_PIP * pip
    fingers[..., 3] = np.clip(
        np.clip(dip, coupled - DIP_TOLERANCE, coupled + DIP_TOLERANCE), *LIMITS[3]
    )
    return pose


def forward_kinematics(pose: np.ndarray, shape: HandShape) -> tuple:
    """Joints and bone frames of hands.

    Args:
        pose (np.ndarray): Angles [N, 24] in degrees.
        shape (HandShape): Proportions, N hands or one for all.

    Returns:
        tuple: joints [N, 21, 3] in mm (wrist at 0), bone frames [N, 21, 3, 3], and
        frames of the hinges [N, 15, 3, 3], half-way between the bones they join.
    """
    num = len(pose)
    directions = np.broadcast_to(shape.directions, (num, 5, 3)).copy()
    lengths = np.broadcast_to(shape.lengths, (num, 20)).reshape(num, 5, 4)
    palmar = np.array([0.0, 0.0, 1.0])
    fingers = pose[:, :16].reshape(num, 4, 4)
    cup = rotation(0, pose[:, 21:22] * (0, 0, 0.5, 1.0))
    directions[:, 1:] = (cup @ directions[:, 1:, :, None])[..., 0]

    radial, lift, twist = np.radians(pose[:, 16:19]).T
    thumb = np.stack(
        [np.sin(radial) * np.cos(lift), np.cos(radial) * np.cos(lift), np.sin(lift)],
        axis=-1,
    )
    # The pad of the thumb turns from facing like the palm to facing the fingers.
    thumb = _frame(thumb, palmar) @ rotation(1, -np.degrees(twist))
    turn = np.concatenate(
        [thumb[:, None], cup @ rotation(2, -fingers[..., 1] - NEUTRAL_ABDUCTION)],
        axis=1,
    )

    joints = np.zeros((num, 5, 4, 3))
    frames = np.zeros((num, 5, 4, 3, 3))
    middles = np.zeros((num, 5, 3, 3, 3))
    frames[:, :, 0] = _frame(directions, palmar)
    joints[:, :, 0] = directions * lengths[:, :, :1]
    # Flexions: none at the base of the thumb, whose frame is complete.
    flexions = np.concatenate(
        [
            np.stack([np.zeros(num), pose[:, 19], pose[:, 20]], axis=1)[:, None],
            fingers[..., [0, 2, 3]],
        ],
        axis=1,
    )
    for i in range(3):
        middles[:, :, i] = turn @ rotation(0, 0.5 * flexions[..., i])
        turn = turn @ rotation(0, flexions[..., i])
        frames[:, :, i + 1] = turn
        joints[:, :, i + 1] = joints[:, :, i] + turn[..., 1] * lengths[:, :, i + 1, None]

    bend = pose[:, 22:23], pose[:, 23:24]
    forearm, wrist = (
        rotation(0, -share * bend[0]) @ rotation(2, -share * bend[1])
        for share in (1.0, 0.5)
    )
    # The base of the thumb is not a hinge.
    middles = middles.reshape(num, 15, 3, 3)[:, 1:]
    return (
        np.concatenate([np.zeros((num, 1, 3)), joints.reshape(num, 20, 3)], axis=1),
        np.concatenate([frames.reshape(num, 20, 3, 3), forearm], axis=1),
        np.concatenate([middles, wrist], axis=1),
    )
