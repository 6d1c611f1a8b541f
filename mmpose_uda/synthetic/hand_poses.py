"""Families of hand poses, and a sampler that keeps fingers out of each other."""

import numpy as np

from .hand_skeleton import DIP_PER_PIP, LIMITS, HandShape, clip_pose, forward_kinematics

STRAIGHT, CURLED = (3, 6), (74, 94)
_ACROSS = (14, 42, 62, 42, 48)  # thumb over the fingers of a fist
_ASIDE = (24, 16, 42, 8, 8)
_OUT = (54, 14, 40, -2, -4)
_OPPOSED = (20, 50, 75, 18, 20)


def _family(
    fingers: list,
    thumb: tuple,
    spread: float = 0.0,
    noise: float = 9.0,
    pinch: int | None = None,
) -> dict:
    """Mean angles (MCP, PIP) of the four fingers and the thumb's five."""
    return dict(fingers=fingers, thumb=thumb, spread=spread, noise=noise, pinch=pinch)


# `spread` scales the fan of the fingers, `noise` is the standard deviation in degrees,
# `pinch` the finger whose tip the tip of the thumb has to meet.
FAMILIES = dict(
    spread=_family([STRAIGHT] * 4, _OUT, spread=1.0),
    flat=_family([STRAIGHT] * 4, _ASIDE, noise=6.0),
    relaxed=_family([(18, 26), (24, 32), (28, 36), (30, 36)], (30, 34, 52, 14, 18)),
    claw=_family([(4, 58)] * 4, (44, 36, 58, 22, 34), spread=0.8),
    hook=_family([(2, 92)] * 4, _ASIDE),
    tabletop=_family([(76, 8)] * 4, (20, 40, 62, 10, 10)),
    cup=_family([(44, 30)] * 4, (28, 48, 68, 12, 16)),
    grasp=_family([(40, 48), (44, 52), (48, 54), (50, 54)], _OPPOSED),
    fist=_family([CURLED] * 4, _ACROSS, noise=6.0),
    thumbs_up=_family([CURLED] * 4, (58, 2, 40, -8, -10), noise=6.0),
    point=_family([STRAIGHT] + [CURLED] * 3, _ACROSS, noise=7.0),
    gun=_family([STRAIGHT] + [CURLED] * 3, _OUT, noise=7.0),
    victory=_family(
        [STRAIGHT] * 2 + [CURLED] * 2, (12, 48, 75, 44, 42), spread=1.2, noise=7.0
    ),
    three=_family([STRAIGHT] * 3 + [(70, 88)], (8, 50, 80, 44, 40), spread=0.8),
    horns=_family([STRAIGHT, CURLED, CURLED, STRAIGHT], _ACROSS, noise=7.0),
    shaka=_family([CURLED] * 3 + [STRAIGHT], _OUT, spread=1.0, noise=7.0),
    ok=_family([(46, 52), (14, 12), (8, 8), (4, 6)], _OPPOSED, spread=0.9, pinch=1),
    pinch_index=_family([(50, 46), (44, 46), (46, 50), (46, 50)], _OPPOSED, pinch=1),
    pinch_middle=_family(
        [(16, 14), (54, 50), (24, 20), (14, 12)],
        (14, 52, 80, 22, 22),
        spread=0.5,
        pinch=2,
    ),
    pinch_ring=_family(
        [(10, 10), (16, 14), (58, 54), (24, 18)],
        (10, 56, 90, 28, 26),
        spread=0.5,
        pinch=3,
    ),
    counting=_family([CURLED, STRAIGHT, STRAIGHT, STRAIGHT], _ACROSS, spread=0.6),
)
# How often each family is drawn, by domain. A renderer's user samples the space of
# poses evenly; people in photographs mostly relax, point, hold and pinch.
WEIGHTS = dict(
    rendered=dict.fromkeys(FAMILIES, 1.0) | dict(random=6.0, spread=2.0, fist=2.0),
    photo=dict(
        spread=2.5,
        flat=2.0,
        relaxed=2.0,
        claw=0.7,
        hook=0.8,
        tabletop=0.7,
        cup=1.0,
        grasp=2.5,
        fist=3.5,
        thumbs_up=2.0,
        point=3.0,
        gun=0.8,
        victory=1.4,
        three=0.8,
        horns=0.4,
        shaka=0.5,
        ok=1.0,
        pinch_index=2.5,
        pinch_middle=0.8,
        pinch_ring=0.4,
        counting=0.5,
        random=2.5,
    ),
)
CANDIDATES = 28
# Distance (mm) of the joints of two finger-tips whose pads touch.
_PINCH_GAP = 13.0
# Flesh (mm) around the sampled points of thumb and fingers, for keeping them apart.
_REACH = np.array([9.5, 8.0, 8.0, 7.6, 6.8], dtype=np.float32)


def family_means() -> dict:
    """Mean angles [24] of each family, in degrees."""
    out = {}
    for name, family in FAMILIES.items():
        pose = np.zeros(24)
        for i, (mcp, pip) in enumerate(family['fingers']):
            fan = (7, 1, -5, -9)[i] * family['spread']
            pose[4 * i : 4 * i + 4] = mcp, fan, pip, DIP_PER_PIP * pip
        pose[16:21] = family['thumb']
        pose[21] = 2 + 0.08 * family['fingers'][3][0]
        out[name] = pose
    return out


_MEANS = family_means()


def sample_pose(rng: np.random.Generator, shape: HandShape, domain: str) -> np.ndarray:
    """Draw a natural pose [24] in degrees for one hand.

    A family is drawn and jittered many times; the candidate whose fingers intersect
    least, and whose finger-tips meet in a pinch, is taken. Some poses are half-way
    between two families.
    """
    weights = WEIGHTS[domain]
    names = list(weights)
    share = np.array([weights[name] for name in names])
    first, second = rng.choice(names, size=2, p=share / share.sum())
    mix = rng.uniform(0.2, 0.5) if rng.random() < 0.25 else 0.0
    pinch = None if mix or first == 'random' else FAMILIES[first]['pinch']
    centre = (1 - mix) * _draw(rng, first) + mix * _draw(rng, second)
    noise = 8.0 if first == 'random' else FAMILIES[first]['noise']
    scale = np.full(24, noise)
    scale[[1, 5, 9, 13]] *= 0.5
    scale[[3, 7, 11, 15]] *= 0.6
    scale[21:] = 3.0, 12.0, 6.0
    candidates = clip_pose(centre + scale * rng.normal(size=(CANDIDATES, 24)))
    cost = _intersection(candidates, shape, pinch)
    return candidates[np.argmin(cost)]


def _draw(rng: np.random.Generator, name: str) -> np.ndarray:
    """Centre [24] of a family; `random` has one anywhere within the limits."""
    if name == 'random':
        pose = rng.uniform(LIMITS[:, 0], LIMITS[:, 1])
        # Neighbouring fingers share tendons: they bend alike to a degree.
        common = rng.uniform(LIMITS[0, 0], LIMITS[0, 1])
        pose[:16:4] = 0.4 * common + 0.6 * pose[:16:4]
        common = rng.uniform(*LIMITS[2])
        pose[2:16:4] = 0.4 * common + 0.6 * pose[2:16:4]
        pose[3:16:4] = DIP_PER_PIP * pose[2:16:4]
        pose[16:18] = 0.75 * pose[16:18] + (7, 7)
        return pose
    pose = _MEANS[name].copy()
    pose[22:] = rng.normal(0, (18.0, 7.0))
    return pose


# Two points a phalanx, and the pairs of them on different digits.
_DIGIT = np.repeat(np.arange(5), 6)
_I, _J = np.nonzero(_DIGIT[:, None] < _DIGIT[None])


def _intersection(poses: np.ndarray, shape: HandShape, pinch: int | None) -> np.ndarray:
    """How far the digits [N] of each pose reach into each other (mm), pinch gap too."""
    thick = np.float32(shape.thickness[0])
    joints = forward_kinematics(poses, shape)[0].astype(np.float32)
    digits = joints[:, 1:].reshape(-1, 5, 4, 3)
    near, far = digits[:, :, :3], digits[:, :, 1:]
    points = np.concatenate([0.5 * (near + far), 0.04 * near + 0.96 * far], axis=2)
    flat = points.reshape(-1, 30, 3)
    apart = flat[:, _I] - flat[:, _J]
    gap = np.sqrt(np.einsum('npi,npi->np', apart, apart))
    cost = np.clip((_REACH[_DIGIT[_I]] + _REACH[_DIGIT[_J]]) * thick - gap, 0, None).sum(
        axis=1
    )
    # Fingers stay above the palm.
    over_palm = (points[..., 1] < 0.85 * joints[:, 9, None, None, 1]) & (points[..., 1] > 0)
    over_palm[:, 0] &= points[:, 0, :, 0] < joints[:, 5, None, 0]
    cost += (np.clip(14 * thick - points[..., 2], 0, None) * over_palm).sum(axis=(1, 2))
    if pinch:
        tips = np.linalg.norm(joints[:, 4] - joints[:, 4 * pinch + 4], axis=-1)
        cost += 3 * np.abs(tips - _PINCH_GAP * thick)
    return cost
