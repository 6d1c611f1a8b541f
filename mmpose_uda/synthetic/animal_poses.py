"""Families of poses of quadrupeds: mean angles in degrees."""

import numpy as np

from .animal_shape import CONTACTS
from .animal_skeleton import SKELETON
from .pose_families import PoseSampler

_LEGS = ('left_back', 'left_front', 'right_back', 'right_front')


def _leg(leg: str, swing: float, lift: float) -> dict:
    """Angles of one leg, swung forwards by degrees and lifted by a share in 0..1."""
    side, end = leg.split('_')
    if end == 'front':
        return {
            f'{side}_arm_swing': 0.55 * swing,
            f'{leg}_elbow_bend': 0.5 * swing + 38 * lift,
            f'{leg}_knee_bend': 85 * lift,
            f'{leg}_hoof_bend': 45 * lift,
        }
    return {
        f'{side}_thigh_swing': 0.9 * swing + 14 * lift,
        f'{leg}_elbow_bend': 48 * lift - 0.15 * swing,
        f'{leg}_knee_bend': 52 * lift + 0.2 * swing,
        f'{leg}_hoof_bend': 40 * lift,
    }


def _gait(rng, stride, lift, phases, **angles):
    """A moment of a gait; phases of the legs are shares of a stride."""
    start = rng.random()
    for leg, phase in zip(_LEGS, phases):
        turn = 2 * np.pi * (start + phase)
        angles |= _leg(leg, stride * np.sin(turn), lift * max(np.cos(turn), 0.0))
    return angles


def _carried(rng):
    """How neck and tail are carried while the animal moves."""
    return dict(
        neck_down=rng.uniform(-5, 40),
        head_down=rng.uniform(-10, 15),
        tail_lift=rng.uniform(-10, 35),
    )


def _stand(rng):
    return dict(neck_down=rng.uniform(-10, 25), tail_lift=rng.uniform(-15, 5))


def _alert(rng):
    return dict(neck_down=-18, head_down=-4, tail_lift=25, neck_turn=rng.uniform(-25, 25))


def _look_round(rng):
    return dict(neck_down=15, neck_turn=36, head_turn=24, back_turn=8)


def _walk(rng):
    return _gait(rng, rng.uniform(16, 26), 0.35, (0, 0.25, 0.5, 0.75), **_carried(rng))


def _trot(rng):
    return _gait(rng, rng.uniform(22, 34), 0.75, (0, 0.5, 0.5, 0), **_carried(rng))


def _gallop(rng):
    lead = rng.uniform(0.08, 0.16)
    return _gait(
        rng,
        rng.uniform(36, 52),
        0.8,
        (0, 0.45, lead, 0.45 + lead),
        pitch=rng.uniform(-10, 10),
        neck_down=rng.uniform(15, 45),
        head_down=-12,
        tail_lift=rng.uniform(20, 60),
    )


def _graze(rng):
    step = _gait(rng, 14, 0.0, (0, 0.25, 0.5, 0.75))
    return step | dict(neck_down=rng.uniform(68, 98), head_down=rng.uniform(-25, 0))


def _paw(rng):
    return _leg('left_front', rng.uniform(15, 40), rng.uniform(0.5, 1.0)) | dict(
        neck_down=rng.uniform(0, 30), head_down=12
    )


def _crouch(rng):
    low = rng.uniform(0.5, 1.0)
    return dict(
        side_thigh_swing=32 * low,
        side_back_elbow_bend=55 * low,
        side_back_knee_bend=50 * low,
        side_arm_swing=-34 * low,
        side_front_elbow_bend=70 * low,
        side_front_knee_bend=30 * low,
        neck_down=rng.uniform(30, 60),
        head_down=-20,
    )


def _sit(rng):
    return dict(
        pitch=rng.uniform(32, 46),
        side_thigh_swing=32,
        side_back_elbow_bend=68,
        side_back_knee_bend=58,
        side_back_hoof_bend=-20,
        side_arm_swing=-26,
        side_front_elbow_bend=-16,
        neck_down=rng.uniform(15, 40),
        head_down=15,
        tail_lift=40,
    )


def _rear(rng):
    return dict(
        pitch=46,
        side_thigh_swing=-20,
        side_arm_swing=rng.uniform(-5, 35),
        side_front_elbow_bend=rng.uniform(0, 50),
        left_front_knee_bend=rng.uniform(20, 90),
        right_front_knee_bend=rng.uniform(20, 90),
        neck_down=25,
    )


FAMILIES = dict(
    stand=_stand,
    alert=_alert,
    look_round=_look_round,
    walk=_walk,
    trot=_trot,
    gallop=_gallop,
    graze=_graze,
    paw=_paw,
    crouch=_crouch,
    sit=_sit,
    rear=_rear,
)
# Rendered data usually sample poses evenly; filmed animals mostly stand, walk, run and
# graze.
WEIGHTS = dict(
    rendered=dict.fromkeys(FAMILIES, 1.0) | dict(walk=1.5, trot=1.5, gallop=1.5),
    photo=dict.fromkeys(FAMILIES, 0.6)
    | dict(stand=1.5, walk=3.0, trot=1.5, gallop=2.5, graze=1.8),
)
# Standard deviation of angles in degrees, if it is not 6.
_NOISE = dict(
    pitch=3,
    sway=2,
    back_bend=4,
    back_turn=4,
    neck_turn=10,
    neck_down=9,
    side_arm_out=3,
    side_thigh_out=3,
    tail_lift=12,
    tail_swing=12,
    tail_bend=12,
    tail_curl=14,
)
POSES = PoseSampler(
    SKELETON,
    FAMILIES,
    WEIGHTS,
    SKELETON.pose(**dict.fromkeys(SKELETON.dofs, 6.0) | _NOISE),
    CONTACTS,
)
