"""Families of human poses on two feet or on a seat: mean angles in degrees."""

import numpy as np

from .human_skeleton import SKELETON
from .pose_families import Support

_HANGING = dict(side_arm_out=10, side_elbow_bend=18)
_ON_HIP = dict(arm_out=44, arm_raise=-12, arm_twist=70, elbow_bend=92)


def one(side: str, **angles: float) -> dict:
    """Angles of one side's limbs."""
    return {f'{side}_{name}': value for name, value in angles.items()}


_ARMS = ('down', 'down', 'front', 'front', 'up', 'out', 'head', 'hip', 'back')


def free_arms(rng, kinds: tuple = _ARMS) -> dict:
    """Draw the pose of arms that bear no weight: mostly alike, sometimes different."""
    left, right = (_arm(rng, rng.choice(kinds)) for _ in range(2))
    if rng.random() < 0.6:
        right = left
    return one('left', **left) | one('right', **right)


def _arm(rng, kind: str) -> dict:
    """One arm: hanging, in front, up, sideways, or at the head, hip or back."""
    if kind == 'front':
        return dict(
            arm_raise=rng.uniform(15, 105),
            arm_out=rng.uniform(-10, 30),
            arm_twist=rng.uniform(-10, 50),
            elbow_bend=rng.uniform(0, 148),
        )
    if kind == 'up':
        out = rng.uniform(0, 150)
        return dict(
            arm_out=out,
            arm_raise=np.sqrt(165**2 - out**2) * rng.uniform(0.85, 1),
            shrug=22,
            elbow_bend=rng.uniform(0, 90),
            arm_twist=rng.uniform(-60, 30),
        )
    if kind == 'out':
        return dict(
            arm_out=rng.uniform(50, 110),
            arm_raise=rng.uniform(-30, 40),
            arm_twist=rng.uniform(-70, 40),
            elbow_bend=rng.uniform(0, 110),
        )
    if kind == 'head':
        return dict(arm_out=105, arm_raise=25, arm_twist=-78, elbow_bend=138, shrug=15)
    if kind == 'hip':
        return _ON_HIP
    if kind == 'back':
        return dict(arm_raise=-38, arm_out=14, arm_twist=60, elbow_bend=rng.uniform(0, 90))
    return dict(arm_out=rng.uniform(4, 25), elbow_bend=rng.uniform(5, 35))


def _stand(rng):
    apart = rng.uniform(2, 14)
    return dict(side_arm_out=rng.uniform(8, 18), side_elbow_bend=15, side_thigh_out=apart)


def _stand_anyhow(rng):
    """Legs apart or one before the other, arms anywhere."""
    stride = rng.uniform(0, 24)
    legs = dict(side_thigh_out=rng.uniform(0, 24), side_thigh_twist=rng.uniform(-5, 25))
    legs |= one('left', thigh_raise=stride) | one('right', thigh_raise=-0.7 * stride)
    soft = rng.uniform(0, 25)
    return legs | free_arms(rng) | dict(side_knee_bend=soft, tilt=rng.uniform(-6, 10))


def _contrapposto(rng):
    """The weight on one leg, a hand on the hip."""
    return (
        _HANGING
        | dict(sway=-6, spine_lean=9)
        | one('left', thigh_out=14, thigh_raise=14, knee_bend=22, **_ON_HIP)
    )


def _gait(rng, stride, bend, elbow, tilt):
    """A phase of walking or running: arms swing opposite to the legs."""
    phase = rng.uniform(0, 2 * np.pi)
    angles = dict(tilt=tilt)
    for side, turn in (('left', 0.0), ('right', np.pi)):
        swing = np.sin(phase + turn)
        lifted = max(np.cos(phase + turn), 0.0)
        angles |= one(
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


def _sit_anyhow(rng):
    """On a seat: leaning back or forth, legs stretched, apart or crossed, arms free."""
    lean = rng.uniform(-25, 35)
    legs = dict(side_thigh_raise=88 + lean, side_thigh_out=rng.uniform(0, 35))
    legs |= one('left', knee_bend=rng.uniform(10, 110))
    legs |= one('right', knee_bend=rng.uniform(10, 110))
    if rng.random() < 0.2:
        legs |= one('left', thigh_raise=105 + lean, thigh_out=-14, knee_bend=70)
    return legs | free_arms(rng) | dict(tilt=lean, spine_bend=rng.uniform(-8, 25))


def _recline(rng):
    """Leaning far back on a seat."""
    lean = rng.uniform(25, 65)
    return free_arms(rng) | dict(
        tilt=-lean,
        side_thigh_raise=88 - lean + rng.uniform(-10, 30),
        side_thigh_out=rng.uniform(0, 25),
        side_knee_bend=rng.uniform(40, 95),
        neck_bend=15,
    )


def _ride(rng):
    """On a bicycle or a horse."""
    lean, turn = rng.uniform(0, 55), rng.uniform(-28, 28)
    return (
        dict(tilt=lean, spine_bend=15, side_thigh_out=rng.uniform(4, 26))
        | one('left', thigh_raise=62 + lean + turn, knee_bend=75 + 1.2 * turn)
        | one('right', thigh_raise=62 + lean - turn, knee_bend=75 - 1.2 * turn)
        | dict(side_arm_raise=rng.uniform(45, 90), side_arm_out=8, neck_bend=-15)
        | dict(side_elbow_bend=rng.uniform(5, 60), side_arm_twist=15)
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
    deep, lean = rng.uniform(0.5, 1.0), rng.uniform(0, 35)
    return free_arms(rng) | (
        one('left', thigh_raise=88 * deep + lean, knee_bend=92 * deep)
        | one('right', thigh_raise=lean - 24, knee_bend=75 * deep, toe_down=-15)
        | dict(tilt=lean)
    )


def _side_lunge(rng):
    """The weight on one bent leg, the other stretched sideways."""
    deep, lean = rng.uniform(0.4, 1.0), rng.uniform(5, 40)
    return free_arms(rng) | (
        one('left', thigh_raise=80 * deep + lean, thigh_out=28, knee_bend=105 * deep)
        | one('right', thigh_raise=0.6 * lean, thigh_out=48, knee_bend=5)
        | dict(tilt=lean)
    )


def _leg_up(rng):
    """On one leg, the other raised forwards, sideways or backwards, as in dance."""
    kind, lean = rng.choice(3), rng.uniform(20, 85)
    if kind == 0:
        leg = one('left', thigh_raise=rng.uniform(50, 120), knee_bend=rng.uniform(0, 120))
    elif kind == 1:
        out = rng.uniform(35, 72)
        leg = one('left', thigh_out=out, thigh_raise=20, knee_bend=rng.uniform(0, 110))
        leg |= dict(sway=0.5 * out, left_thigh_twist=25)
    else:
        leg = dict(tilt=lean, left_thigh_raise=-15, right_thigh_raise=lean, neck_bend=-20)
        leg |= dict(left_knee_bend=rng.uniform(0, 60))
    return free_arms(rng) | leg | dict(right_knee_bend=rng.uniform(0, 20), left_toe_down=25)


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
    return _HANGING | one('left', arm_out=95, shrug=15, arm_twist=-75, elbow_bend=bend)


def _point(rng):
    aim = one('left', arm_raise=rng.uniform(60, 110), arm_out=rng.uniform(-10, 70))
    return _HANGING | aim | dict(left_elbow_bend=8, left_shrug=8)


def _reach(rng):
    up = one('left', arm_raise=rng.uniform(120, 160), shrug=25, elbow_bend=15)
    return _HANGING | up | dict(spine_lean=-8, spine_bend=-8, left_toe_down=15)


def _throw(rng):
    return (
        dict(spine_turn=30, spine_bend=-8)
        | one('left', arm_out=100, arm_raise=-15, arm_twist=-70, elbow_bend=95, shrug=12)
        | one('right', arm_raise=75, arm_out=20, elbow_bend=20, thigh_raise=38)
        | dict(left_thigh_raise=-18, left_knee_bend=25, right_knee_bend=22)
    )


def _kick(rng):
    leg = one('left', thigh_raise=rng.uniform(45, 100), knee_bend=rng.uniform(5, 60))
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
    """Bent forwards, with arms that hang or do something else."""
    low, knees = rng.uniform(30, 105), rng.uniform(0, 60)
    hang = dict(side_arm_raise=rng.uniform(50, 110), side_elbow_bend=20)
    if rng.random() < 0.4:
        hang = free_arms(rng)
    return hang | dict(
        tilt=low,
        spine_bend=rng.uniform(5, 45),
        side_thigh_raise=low + 0.5 * knees,
        side_thigh_out=rng.uniform(0, 18),
        side_knee_bend=knees,
        neck_bend=rng.uniform(-20, 20),
    )


def _crouch(rng):
    """Low, ready to move: as in skating, skiing, catching a ball."""
    deep, lean = rng.uniform(0.4, 1.0), rng.uniform(20, 65)
    return free_arms(rng) | dict(
        tilt=lean,
        neck_bend=-0.4 * lean,
        side_thigh_raise=58 * deep + lean,
        side_thigh_out=rng.uniform(4, 32),
        side_thigh_twist=12,
        side_knee_bend=100 * deep,
        side_toe_down=-18 * deep,
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
    phone = one('left', arm_raise=45, arm_out=38, elbow_bend=140, arm_twist=-5)
    return _HANGING | phone | dict(head_lean=6)


def _in_front(rng):
    """Both hands hold or handle something in front of the body."""
    return dict(
        side_arm_raise=rng.uniform(15, 55),
        side_arm_out=8,
        side_arm_twist=rng.uniform(5, 35),
        side_elbow_bend=rng.uniform(65, 145),
        head_nod=12,
    )


def _box(rng):
    return (
        dict(side_elbow_bend=118, side_arm_raise=48, side_arm_out=16, spine_turn=-18)
        | dict(left_elbow_bend=rng.uniform(5, 110), left_arm_raise=75)
        | dict(left_thigh_raise=25, left_knee_bend=25, right_thigh_raise=-12)
    )


def _anyhow(rng):
    """Any pose within 0.55 of each joint's limits, about upright."""
    low, high = 0.55 * SKELETON.limits.T
    pose = dict(zip(SKELETON.dofs, rng.uniform(low, high)))
    return pose | dict(tilt=rng.uniform(-20, 50), sway=rng.normal(0, 9), turn=0)


FAMILIES = dict(
    stand=_stand,
    stand_anyhow=_stand_anyhow,
    contrapposto=_contrapposto,
    walk=_walk,
    run=_run,
    sit=_sit,
    sit_anyhow=_sit_anyhow,
    recline=_recline,
    ride=_ride,
    squat=_squat,
    crouch=_crouch,
    lunge=_lunge,
    side_lunge=_side_lunge,
    leg_up=_leg_up,
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
_SEAT = Support(('side_buttock',), clearance=(0, 60), carrier='bench')
SUPPORTS = dict(
    sit=_SEAT,
    sit_anyhow=_SEAT,
    recline=_SEAT,
    ride=_SEAT,
    squat=Support(('side_toe', 'side_heel')),
    jump=Support((), clearance=(20, 500)),
    stand=Support(('side_toe', 'side_heel')),
)
