"""Families of hand poses, and a sampler that avoids intersecting fingers."""

import numpy as np

from .hand_skeleton import DIP_PER_PIP, LIMITS, HandShape, clip_pose, forward_kinematics

STRAIGHT, CURLED = (5, 5), (62, 88)
# Thumbs in photographs: angles that agree with MediaPipe's poses of counting hands.
_ACROSS = (6, 34, 98, 28, 44)  # over the palm, to the folded fingers
_ASIDE = (26, 16, 60, 6, 8)
_OUT = (48, 9, 75, -1, 5)
_OPPOSED = (20, 46, 82, 18, 22)


def _family(
    fingers: list,
    thumb: tuple,
    spread: float = 0.0,
    noise: float = 8.0,
    pinch: int | None = None,
) -> dict:
    """Mean angles (MCP, PIP) of the four fingers and the thumb's five."""
    return dict(fingers=fingers, thumb=thumb, spread=spread, noise=noise, pinch=pinch)


# `spread` scales the fan of the fingers, `noise` is the standard deviation in degrees,
# `pinch` the finger whose tip the tip of the thumb must meet.
FAMILIES = dict(
    spread=_family([STRAIGHT] * 4, _OUT, spread=1.0, noise=6.0),
    flat=_family([STRAIGHT] * 4, _ASIDE, noise=6.0),
    relaxed=_family([(18, 24), (24, 30), (28, 32), (30, 32)], (30, 30, 62, 12, 18)),
    claw=_family([(4, 58)] * 4, (42, 34, 66, 20, 32), spread=0.8),
    hook=_family([(2, 92)] * 4, _ASIDE),
    tabletop=_family([(76, 8)] * 4, (20, 36, 70, 10, 10)),
    cup=_family([(44, 30)] * 4, (28, 42, 72, 12, 16)),
    grasp=_family([(40, 48), (44, 52), (48, 54), (50, 54)], _OPPOSED),
    ring=_family([(36, 52), (42, 52), (46, 52), (48, 52)], _OPPOSED, pinch=2),
    pen=_family([(44, 46), (52, 52), (58, 70), (60, 76)], _OPPOSED, pinch=1),
    fist=_family([(72, 94)] * 4, (12, 42, 70, 40, 44), noise=6.0),
    thumbs_up=_family([CURLED] * 4, (56, 2, 50, -8, -10), noise=6.0),
    point=_family([STRAIGHT] + [CURLED] * 3, _ACROSS, noise=7.0),
    gun=_family([STRAIGHT] + [CURLED] * 3, _OUT, noise=7.0),
    victory=_family([STRAIGHT] * 2 + [CURLED] * 2, _ACROSS, spread=1.2, noise=7.0),
    three=_family([STRAIGHT] * 3 + [(66, 86)], _ACROSS, spread=0.8, noise=7.0),
    horns=_family([STRAIGHT, CURLED, CURLED, STRAIGHT], _ACROSS, noise=7.0),
    shaka=_family([CURLED] * 3 + [STRAIGHT], _OUT, spread=1.0, noise=7.0),
    ok=_family([(46, 52), (14, 12), (8, 8), (4, 6)], _OPPOSED, spread=0.9, pinch=1),
    pinch=_family([(50, 46), (44, 46), (46, 50), (46, 50)], _OPPOSED, pinch=1),
)
# How often each family is drawn, by domain. `digits` has some fingers straight and the
# others folded, `random` is anywhere within the limits. Rendered data usually sample poses
# evenly; people in photographs mostly show, relax, point, hold and pinch.
WEIGHTS = dict(
    rendered=dict.fromkeys(FAMILIES, 0.4)
    | dict(digits=13.0, spread=2.5, flat=2.5, relaxed=1.2, grasp=1.2, fist=1.2, random=2.0),
    photo=dict(
        spread=3.0,
        flat=3.0,
        relaxed=2.0,
        claw=0.5,
        hook=0.5,
        tabletop=0.5,
        cup=1.0,
        grasp=2.2,
        ring=0.8,
        pen=1.0,
        fist=2.0,
        thumbs_up=1.2,
        point=2.0,
        gun=0.8,
        victory=1.2,
        three=0.6,
        horns=0.3,
        shaka=0.4,
        ok=0.8,
        pinch=1.5,
        digits=8.0,
        random=1.2,
    ),
)
CANDIDATES = 28
# Distance (mm) between the joints of two finger-tips whose pads touch.
_PINCH_GAP = 13.0
# Radius of the flesh (mm) around the sampled points of thumb and fingers.
_REACH = np.array([9.5, 8.0, 8.0, 7.6, 6.8], dtype=np.float32)


def mean_pose(family: dict) -> np.ndarray:
    """Mean angles [24] of a family, in degrees."""
    pose = np.zeros(24)
    for i, (mcp, pip) in enumerate(family['fingers']):
        fan = (7, 1, -5, -9)[i] * family['spread']
        pose[4 * i : 4 * i + 4] = mcp, fan, pip, DIP_PER_PIP * pip
    pose[16:21] = family['thumb']
    pose[21] = 2 + 0.08 * family['fingers'][3][0]
    return pose


def digits(rng: np.random.Generator) -> dict:
    """Draw a family with some fingers straight and others folded, as in counting and signs.

    The thumb is out, aside, across the palm, or on the tip of a folded finger.
    """
    up = rng.random() < 0.6
    straight = []
    for _ in range(4):
        straight.append(up)
        up ^= rng.random() < 0.4
    fold = rng.uniform(36, 80), rng.uniform(74, 100)
    fingers = [STRAIGHT if up else fold for up in straight]
    spread, noise = rng.uniform(0, 1.3), 7.0
    folded = [i for i in range(4) if not straight[i]]
    if folded and rng.random() < 0.35:
        touched = rng.choice(folded)
        fingers[touched] = 54 - 4 * (touched == 0), 50
        thumb = 20 - 5 * touched, 46, 84 + 5 * touched, 20, 24
        return _family(fingers, thumb, spread, noise, pinch=touched + 1)
    thumb = (_OUT, _ASIDE, _ACROSS)[rng.choice(3, p=(0.35, 0.2, 0.45))]
    return _family(fingers, thumb, spread, noise)


def sample_pose(rng: np.random.Generator, shape: HandShape, domain: str) -> np.ndarray:
    """Draw a natural pose [24] in degrees for one hand.

    A family is drawn and jittered many times; the candidate whose fingers intersect
    least, and whose finger-tips meet in a pinch, is chosen. Some poses are a mixture of
    two families.
    """
    weights = WEIGHTS[domain]
    names = list(weights)
    share = np.array([weights[name] for name in names])
    first, second = rng.choice(names, size=2, p=share / share.sum())
    centre, noise, pinch = _draw(rng, first)
    if rng.random() < 0.12:
        mix = rng.uniform(0.2, 0.5)
        centre, pinch = (1 - mix) * centre + mix * _draw(rng, second)[0], None
    scale = np.full(24, noise)
    scale[[1, 5, 9, 13]] *= 0.5
    scale[[3, 7, 11, 15]] *= 0.6
    scale[21:] = 3.0, 12.0, 6.0
    pose = _best(rng, centre, scale, shape, pinch)
    # A second search, since random candidates make two tips meet only roughly.
    return pose if pinch is None else _best(rng, pose, 0.3 * scale, shape, pinch)


def _best(
    rng: np.random.Generator,
    centre: np.ndarray,
    scale: np.ndarray,
    shape: HandShape,
    pinch: int | None,
) -> np.ndarray:
    """The pose [24] with the least intersection among some around a centre."""
    candidates = clip_pose(centre + scale * rng.normal(size=(CANDIDATES, 24)))
    return candidates[np.argmin(_intersection(candidates, shape, pinch))]


def _draw(rng: np.random.Generator, name: str) -> tuple[np.ndarray, float, int | None]:
    """Draw a family's centre [24], its noise in degrees and the finger that it pinches."""
    if name == 'random':
        return _anywhere(rng), 8.0, None
    family = digits(rng) if name == 'digits' else FAMILIES[name]
    pose = mean_pose(family)
    # Hands differ in how far they open as a whole.
    pose[:16:4] += rng.normal(0, 5)
    pose[22:] = rng.normal(0, (18.0, 7.0))
    return pose, family['noise'], family['pinch']


def _anywhere(rng: np.random.Generator) -> np.ndarray:
    """Draw a pose [24] anywhere within the limits."""
    pose = rng.uniform(LIMITS[:, 0], LIMITS[:, 1])
    # Neighbouring fingers share tendons, so they bend similarly.
    common = rng.uniform(LIMITS[0, 0], LIMITS[0, 1])
    pose[:16:4] = 0.4 * common + 0.6 * pose[:16:4]
    common = rng.uniform(*LIMITS[2])
    pose[2:16:4] = 0.4 * common + 0.6 * pose[2:16:4]
    pose[3:16:4] = DIP_PER_PIP * pose[2:16:4]
    pose[16:18] = 0.75 * pose[16:18] + (7, 7)
    return pose


# Two points per phalanx, and the pairs of points on different digits.
_DIGIT = np.repeat(np.arange(5), 6)
_I, _J = np.nonzero(_DIGIT[:, None] < _DIGIT[None])


def _intersection(poses: np.ndarray, shape: HandShape, pinch: int | None) -> np.ndarray:
    """Overlap [N] of the digits of each pose (mm), plus the error of a pinch's gap."""
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
