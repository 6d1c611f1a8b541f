"""Families of human poses: mean angles in degrees."""

import numpy as np

from .human_shape import CONTACTS
from .human_skeleton import SKELETON
from .pose_families import PoseSampler

_HANGING = dict(side_arm_out=10, side_elbow_bend=18)
_ON_HIP = dict(arm_out=44, arm_raise=-12, arm_twist=70, elbow_bend=92)


def _one(side: str, **angles: float) -> dict:
    """Angles of one side's limbs."""
    return {f'{side}_{name}': value for name, value in angles.items()}


def _stand(rng):
    apart = rng.uniform(2, 14)
    return dict(side_arm_out=rng.uniform(8, 18), side_elbow_bend=15, side_thigh_out=apart)


def _contrapposto(rng):
    """The weight on one leg, a hand on the hip."""
    return (
        _HANGING
        | dict(sway=-6, spine_lean=9)
        | _one('left', thigh_out=14, thigh_raise=14, knee_bend=22, **_ON_HIP)
    )


def _gait(rng, stride, bend, elbow, tilt):
    """A phase of walking or running: arms swing against the legs."""
    phase = rng.uniform(0, 2 * np.pi)
    angles = dict(tilt=tilt)
    for side, turn in (('left', 0.0), ('right', np.pi)):
        swing = np.sin(phase + turn)
        lifted = max(np.cos(phase + turn), 0.0)
        angles |= _one(
            side,
            thigh_raise=stride * (swing + 0.35 * lifted) + tilt,
            knee_bend=8 + bend * lifted + 0.4 * bend * max(-swing, 0.0),
            toe_down=10 - 12 * swing,
            arm_raise=-1.1 * stride * swing,
            arm_out=12,
            elbow_bend=elbow * (1 - 0.25 * swing),
        )
    return angles | dict(spine_turn=10 * np.sin(phase))


def _walk(rng):
    return _gait(rng, rng.uniform(20, 32), 45, 25, 3)


def _run(rng):
    return _gait(rng, rng.uniform(36, 52), 95, 88, 12)


def _sit(rng):
    low = rng.uniform(-8, 15)
    return dict(
        side_thigh_raise=85 + low,
        side_thigh_out=rng.uniform(2, 22),
        side_knee_bend=rng.uniform(65, 105),
        spine_bend=rng.uniform(-5, 25),
        side_arm_raise=rng.uniform(15, 45),
        side_arm_out=12,
        side_elbow_bend=rng.uniform(30, 80),
        side_arm_twist=20,
    )


def _squat(rng):
    deep = rng.uniform(0.6, 1.0)
    return dict(
        tilt=30 * deep,
        side_thigh_raise=125 * deep,
        side_thigh_out=20,
        side_thigh_twist=15,
        side_knee_bend=135 * deep,
        side_toe_down=-22 * deep,
        side_arm_raise=rng.uniform(30, 100),
        side_elbow_bend=rng.uniform(5, 70),
    )


def _lunge(rng):
    return dict(side_arm_out=25, side_elbow_bend=50) | (
        _one('left', thigh_raise=78, knee_bend=82)
        | _one('right', thigh_raise=-22, knee_bend=45, toe_down=-15)
    )


def _arms_up(rng):
    return dict(
        side_arm_out=rng.uniform(110, 155),
        side_arm_raise=20,
        side_shrug=25,
        side_elbow_bend=rng.uniform(0, 60),
        side_thigh_out=8,
    )


def _arms_out(rng):
    return dict(side_arm_out=rng.uniform(70, 100), side_shrug=8, side_thigh_out=10)


def _wave(rng):
    bend = rng.uniform(40, 110)
    return _HANGING | _one('left', arm_out=95, shrug=15, arm_twist=-75, elbow_bend=bend)


def _point(rng):
    aim = _one('left', arm_raise=rng.uniform(60, 110), arm_out=rng.uniform(-10, 70))
    return _HANGING | aim | dict(left_elbow_bend=8, left_shrug=8)


def _reach(rng):
    up = _one('left', arm_raise=rng.uniform(120, 160), shrug=25, elbow_bend=15)
    return _HANGING | up | dict(spine_lean=-8, spine_bend=-8, left_toe_down=15)


def _throw(rng):
    return (
        dict(spine_turn=30, spine_bend=-8)
        | _one('left', arm_out=100, arm_raise=-15, arm_twist=-70, elbow_bend=95, shrug=12)
        | _one('right', arm_raise=75, arm_out=20, elbow_bend=20, thigh_raise=38)
        | dict(left_thigh_raise=-18, left_knee_bend=25, right_knee_bend=22)
    )


def _kick(rng):
    leg = _one('left', thigh_raise=rng.uniform(45, 100), knee_bend=rng.uniform(5, 60))
    return (
        dict(tilt=-14, side_arm_out=45, side_elbow_bend=35, right_thigh_raise=-8)
        | leg
        | dict(right_arm_raise=40, left_arm_raise=-30, left_toe_down=30)
    )


def _jump(rng):
    return dict(
        side_arm_out=rng.uniform(40, 150),
        side_elbow_bend=rng.uniform(10, 60),
        side_thigh_raise=rng.uniform(-10, 70),
        side_thigh_out=rng.uniform(5, 40),
        side_knee_bend=rng.uniform(10, 100),
        side_toe_down=30,
    )


def _bend(rng):
    low = rng.uniform(30, 80)
    return dict(
        tilt=low,
        spine_bend=25,
        side_thigh_raise=low,
        side_knee_bend=rng.uniform(0, 30),
        side_arm_raise=rng.uniform(50, 110),
        side_elbow_bend=20,
    )


def _hands_on_hips(rng):
    return {f'side_{name}': value for name, value in _ON_HIP.items()} | dict(
        side_thigh_out=9
    )


def _crossed_arms(rng):
    return dict(
        side_arm_raise=38,
        side_arm_out=2,
        side_arm_twist=58,
        left_elbow_bend=102,
        right_elbow_bend=116,
        side_hug=10,
        side_thigh_out=6,
    )


def _at_the_ear(rng):
    phone = _one('left', arm_raise=45, arm_out=38, elbow_bend=140, arm_twist=-5)
    return _HANGING | phone | dict(head_lean=6)


def _in_front(rng):
    """Something is held or made with both hands."""
    return dict(
        side_arm_raise=rng.uniform(15, 55),
        side_arm_out=8,
        side_arm_twist=rng.uniform(5, 35),
        side_elbow_bend=rng.uniform(65, 110),
        head_nod=12,
    )


def _box(rng):
    return (
        dict(side_elbow_bend=118, side_arm_raise=48, side_arm_out=16, spine_turn=-18)
        | dict(left_elbow_bend=rng.uniform(5, 110), left_arm_raise=75)
        | dict(left_thigh_raise=25, left_knee_bend=25, right_thigh_raise=-12)
    )


def _anyhow(rng):
    """Anything within half of each joint's reach."""
    low, high = 0.55 * SKELETON.limits.T
    return dict(zip(SKELETON.dofs, rng.uniform(low, high)))


FAMILIES = dict(
    stand=_stand,
    contrapposto=_contrapposto,
    walk=_walk,
    run=_run,
    sit=_sit,
    squat=_squat,
    lunge=_lunge,
    arms_up=_arms_up,
    arms_out=_arms_out,
    wave=_wave,
    point=_point,
    reach=_reach,
    throw=_throw,
    kick=_kick,
    jump=_jump,
    bend=_bend,
    hands_on_hips=_hands_on_hips,
    crossed_arms=_crossed_arms,
    at_the_ear=_at_the_ear,
    in_front=_in_front,
    box=_box,
    anyhow=_anyhow,
)
# A renderer's user samples the space of poses evenly; photographs show everyday life,
# and sport.
WEIGHTS = dict(
    rendered=dict.fromkeys(FAMILIES, 1.0) | dict(anyhow=3.0),
    photo=dict.fromkeys(FAMILIES, 0.6)
    | dict(stand=2.5, walk=2.5, sit=2.5, in_front=2.0, hands_on_hips=1.2, wave=1.2)
    | dict(run=2.0, throw=1.5, kick=1.8, jump=1.5, point=1.2, contrapposto=1.5),
)
# Standard deviation of angles in degrees where it is not 10.
_NOISE = dict(
    tilt=5,
    sway=4,
    spine_bend=5,
    spine_turn=8,
    spine_lean=5,
    side_shrug=4,
    side_hug=4,
    side_thigh_raise=8,
    side_thigh_out=6,
    side_thigh_twist=9,
    side_toe_down=8,
)
POSES = PoseSampler(
    SKELETON,
    FAMILIES,
    WEIGHTS,
    SKELETON.pose(**dict.fromkeys(SKELETON.dofs, 10.0) | _NOISE),
    CONTACTS,
)
