"""Marks on the skin of a hand: palm, nails, flushed places, creases."""

import numpy as np

from .hand_shape import FLESH, bone_origins
from .hand_skeleton import BONE_LENGTHS, FOREARM, HINGES, NUM_BONES

_BONES = np.arange(NUM_BONES + len(HINGES))
_TIP = np.isin(_BONES, (3, 7, 11, 15, 19))
_KNUCKLE = (_BONES >= NUM_BONES) & (_BONES < _BONES[-1])  # the last hinge is the wrist
_WRIST = _BONES == _BONES[-1]
_FINGER_BASE = np.isin(_BONES, (5, 9, 13, 17))
_PALM = np.isin(_BONES, (0, 1, 4, 8, 12, 16))
_LENGTHS = np.append(BONE_LENGTHS, np.ones(1 + len(HINGES))).astype(np.float32)
# Half the width of the nail on each bone (mm), if it has one.
_NAIL = np.append(np.repeat(0.72 * FLESH[:, 3], 4), np.ones(1 + len(HINGES))).astype(
    np.float32
)


def skin_marks(
    rng: np.random.Generator,
    rest: np.ndarray,
    bone: np.ndarray,
    rest_joints: np.ndarray,
    rest_frames: np.ndarray,
) -> dict[str, np.ndarray]:
    """Find palm, nails, flushed places and creases at points of the template.

    Args:
        rng (np.random.Generator): Source of randomness for the lines of the palm.
        rest (np.ndarray): Points on the template's surface [P, 3] in mm.
        bone (np.ndarray): Index of the bone that each point follows most [P].
        rest_joints (np.ndarray): Joints of the template [21, 3].
        rest_frames (np.ndarray): Frames of its bones and hinges [36, 3, 3].

    Returns:
        dict[str, np.ndarray]: `palm` (the side that is lighter), `nail`, `flush` (redder)
        and `crease` in 0..1, [P] each.
    """
    origins = bone_origins(rest_joints).astype(np.float32)
    local = rest - origins[bone]
    axes = rest_frames.astype(np.float32)
    x, y, z = (
        np.einsum('pi,pi->p', axes[:, :, i].take(bone, axis=0), local) for i in range(3)
    )
    length = _LENGTHS[bone]
    tip, knuckle = _TIP[bone], _KNUCKLE[bone]
    palm = np.clip(0.35 + 0.14 * z, 0, 1)
    palm[bone == FOREARM] *= 0.6
    half = _NAIL[bone]
    ellipse = (x / half) ** 2 + ((y - 0.72 * length) / (half * 1.35)) ** 2
    nail = np.clip(4 * (1 - ellipse), 0, 1) * (tip & (z < 0))
    flush = np.where(
        tip,
        np.clip((y / length - 0.3) * 1.6, 0, 1) * (z > -1),
        0.6 * (1 - palm) * knuckle,
    )
    # The skin folds on the palm side at each joint, at the fingers' roots and at the wrist;
    # on the back there are several wrinkles around the knuckles.
    folds = np.exp(-((y / 1.1) ** 2)) * ((knuckle | _WRIST[bone]) & (z > 2)) + np.exp(
        -(((y - 0.46 * length) / 1.1) ** 2)
    ) * (_FINGER_BASE[bone] & (z > 2))
    wrinkles = np.clip(np.cos(2 * y), 0, 1) * np.exp(-((y / 5) ** 2)) * (knuckle & (z < -3))
    here = _PALM[bone] & (z > 4)
    lines = _palm_lines(rng, rest[:, 0], rest[:, 1]) * here
    crease = np.clip(folds + 0.55 * wrinkles + 0.8 * lines, 0, 1)
    return dict(palm=palm, nail=nail, flush=flush, crease=crease)


def _palm_lines(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The three main lines of a palm in 0..1, at points of the palm's plane in mm."""
    a, b, c, d = rng.normal(0, 2.5, 4)
    # About the ball of the thumb.
    around = np.hypot(x - 45, y - 20) - 43 - 0.5 * a
    lines = np.exp(-((around / 1.1) ** 2)) * ((x < 31) & (y < 60 + a))
    # From the start of that line across the middle of the palm.
    across = y - (60 + b) + 0.005 * (31 - x) ** 2
    lines += np.exp(-((across / 1.0) ** 2)) * ((x < 31) & (x > -24 + 3 * b))
    # Under the fingers, from the little finger's side to between index and middle finger.
    under = y - (60 + c) - 0.2 * (x + 42) - 0.004 * (x + 42) ** 2
    return lines + np.exp(-((under / 1.0) ** 2)) * (x < 10 + d)
