"""Families of human poses on the floor, hanging and in the air: mean angles in degrees.

Most trunks are about level; resting on the ``SUPPORTS`` makes the angle exact.
"""

from .human_poses import free_arms, one
from .pose_families import Support

# An arm whose hand lies flat on the floor in front of the body.
_HAND = dict(side_elbow_bend=8, side_pronation=60, side_wrist_bend=-80)
_ON_BACK = ('down', 'front', 'front', 'up', 'out', 'head')


def _legs(rng) -> dict:
    """Legs of a lying person: stretched, drawn up with the soles down, or one raised."""
    up, apart = rng.uniform(0, 65), rng.uniform(0, 22)
    kind = rng.choice(3)
    bent = dict(thigh_raise=up, thigh_out=apart, knee_bend=1.75 * up, toe_down=15)
    if kind == 0:
        return dict(
            side_thigh_out=apart, side_knee_bend=rng.uniform(0, 12), side_toe_down=20
        )
    if kind == 1:
        return one('side', **bent)
    raised = one('right', thigh_raise=rng.uniform(25, 110), knee_bend=rng.uniform(0, 90))
    return one('left', **bent) | raised


def _lie_back(rng):
    return (
        free_arms(rng, _ON_BACK)
        | _legs(rng)
        | dict(tilt=-90, neck_bend=rng.uniform(-5, 20))
    )


def _crunch(rng):
    """On the back, trunk and legs raised."""
    up = rng.uniform(0.2, 1.0)
    return free_arms(rng, _ON_BACK) | dict(
        tilt=-90 + 50 * up,
        spine_bend=30,
        neck_bend=20,
        side_thigh_raise=rng.uniform(45, 115),
        side_thigh_out=rng.uniform(0, 15),
        side_knee_bend=rng.uniform(0, 110),
    )


def _on_a_bench(rng):
    """On the back, the feet on a lower floor; the arms often push something up."""
    press = dict(
        side_arm_raise=rng.uniform(40, 95),
        side_arm_out=rng.uniform(10, 60),
        side_elbow_bend=rng.uniform(0, 110),
        side_arm_twist=rng.uniform(-30, 20),
    )
    arms = press if rng.random() < 0.6 else free_arms(rng, _ON_BACK)
    return arms | dict(
        tilt=-90,
        side_thigh_raise=rng.uniform(-20, 15),
        side_thigh_out=rng.uniform(10, 30),
        side_knee_bend=rng.uniform(60, 100),
        neck_bend=8,
    )


def _lie_front(rng):
    """On the front, the arms on the floor: at the sides, beside the head or beyond it."""
    arms = (
        one(side, arm_out=rng.uniform(8, 165), elbow_bend=rng.uniform(0, 120))
        for side in ('left', 'right')
    )
    return (
        next(arms)
        | next(arms)
        | dict(
            tilt=90,
            side_arm_raise=-5,
            side_arm_twist=-85,
            side_thigh_out=rng.uniform(0, 20),
            side_toe_down=52,
            left_knee_bend=rng.uniform(0, 70),
            head_turn=rng.uniform(-40, 40),
        )
    )


def _cobra(rng, up=62.0, **arms):
    """On knees and hands, the chest raised, the back bent backwards."""
    return (
        _HAND
        | arms
        | dict(
            tilt=60,
            spine_bend=-20,
            neck_bend=rng.uniform(-24, 0),
            side_thigh_raise=-22,
            side_toe_down=52,
            side_arm_raise=up,
            side_arm_out=10,
        )
    )


def _sphinx(rng):
    """The same on knees and elbows."""
    return _cobra(rng, 75.0, side_elbow_bend=88, side_wrist_bend=0)


def _lie_side(rng):
    """On the right side, the lower arm as a pillow or forwards, the head held up."""
    bend = rng.uniform(0, 90)
    step = rng.uniform(-20, 40)
    return (
        dict(tilt=90, turn=90, head_lean=rng.uniform(0, 20), spine_lean=rng.uniform(0, 15))
        | free_arms(rng)
        | one('right', arm_raise=rng.uniform(70, 160), elbow_bend=rng.uniform(10, 130))
        | one('right', thigh_raise=0.6 * bend, knee_bend=bend)
        | one('left', thigh_raise=0.6 * bend + step, knee_bend=bend + step)
        | dict(left_thigh_out=rng.uniform(-10, 45))
    )


def _side_plank(rng, bend=8.0):
    """On the right hand, with a straight arm, and the feet."""
    raised = dict(arm_out=rng.uniform(0, 110), elbow_bend=rng.uniform(0, 60))
    return (
        dict(tilt=90, turn=90)
        | one('left', **raised)
        | one('right', arm_out=88, elbow_bend=bend, arm_twist=-10, wrist_bend=-78)
        | dict(left_thigh_out=rng.uniform(-4, 30), side_toe_down=5)
    )


def _low_side_plank(rng):
    """On the right elbow and the feet."""
    return _side_plank(rng, bend=90.0)


def _push_up(rng):
    deep = rng.uniform(0, 1)
    return _HAND | dict(
        tilt=75,
        side_arm_raise=rng.uniform(72, 100) - 48 * deep,
        side_arm_out=10 + 45 * deep,
        side_elbow_bend=8 + 95 * deep,
        side_thigh_raise=rng.uniform(-5, 10),
        side_thigh_out=rng.uniform(0, 12),
        side_toe_down=-15,
        neck_bend=rng.uniform(-20, 10),
    )


def _plank(rng):
    """On elbows and toes."""
    return dict(
        tilt=85,
        side_arm_raise=85,
        side_elbow_bend=90,
        side_arm_twist=rng.uniform(0, 30),
        side_thigh_raise=rng.uniform(-5, 18),
        side_toe_down=-15,
        neck_bend=rng.uniform(-20, 10),
    )


def _inverted_v(rng):
    """Hands and feet on the floor, the hips high; or climbing on all fours."""
    high = rng.uniform(40, 95)
    pose = _HAND | dict(
        tilt=125,
        side_arm_raise=rng.uniform(110, 165),
        side_thigh_raise=high,
        side_knee_bend=rng.uniform(0, 30),
        side_toe_down=-15,
    )
    if rng.random() < 0.4:  # one knee drawn up
        pose |= dict(tilt=85, side_arm_raise=90, side_thigh_raise=10, side_knee_bend=5)
        pose |= dict(left_thigh_raise=rng.uniform(70, 115), left_knee_bend=110)
    return pose


def _all_fours(rng):
    tilt = rng.uniform(72, 92)
    return _HAND | dict(
        tilt=tilt,
        side_arm_raise=rng.uniform(70, 100),
        side_thigh_raise=tilt + rng.uniform(-12, 12),
        side_knee_bend=92,
        side_toe_down=54,
        neck_bend=rng.uniform(-20, 20),
        spine_bend=rng.uniform(-12, 25),
    )


def _bird_dog(rng):
    """On all fours with an arm, a leg or both stretched."""
    arm = one('left', arm_raise=rng.uniform(110, 170), elbow_bend=8, wrist_bend=0)
    leg = one('right', thigh_raise=rng.uniform(-15, 30), knee_bend=rng.uniform(0, 60))
    kind = rng.choice(3)
    return _all_fours(rng) | (arm if kind != 0 else {}) | (leg if kind != 1 else {})


def _kneel(rng):
    """On both knees, upright, leaning or sitting on the heels."""
    low, lean = rng.uniform(0, 1), rng.uniform(-8, 25)
    return free_arms(rng) | dict(
        tilt=lean,
        spine_bend=rng.uniform(-5, 25),
        side_thigh_raise=70 * low + lean,
        side_thigh_out=rng.uniform(2, 22),
        side_knee_bend=90 + 55 * low,
        side_toe_down=50 if rng.random() < 0.6 else -20,
    )


def _half_kneel(rng):
    lean = rng.uniform(-5, 40)
    return free_arms(rng) | (
        dict(tilt=lean, spine_bend=rng.uniform(0, 20))
        | one('left', thigh_raise=90 + lean, knee_bend=rng.uniform(75, 105))
        | one('right', thigh_raise=lean, knee_bend=95, toe_down=-15)
        | dict(side_thigh_out=rng.uniform(2, 16))
    )


def _bowed(rng):
    """Sitting on the heels, the trunk down on the thighs, the arms on the floor."""
    ahead = rng.random() < 0.7
    return dict(
        tilt=rng.uniform(60, 95),
        spine_bend=25,
        side_thigh_raise=125,
        side_knee_bend=146,
        side_toe_down=50,
        side_arm_raise=rng.uniform(140, 170) if ahead else rng.uniform(0, 20),
        side_arm_out=12,
        side_elbow_bend=rng.uniform(0, 40),
    )


def _sit_floor(rng):
    """Sitting with legs forwards, stretched or drawn up, perhaps leaning on the hands."""
    lean = rng.uniform(-35, 30)
    up = rng.uniform(0, 1)
    legs = dict(thigh_raise=82 + 30 * up, knee_bend=112 * up, toe_down=10)
    legs = one('side', thigh_out=rng.uniform(0, 30), **legs)
    if rng.random() < 0.35:
        other = rng.uniform(0, 1)
        legs |= one('left', thigh_raise=82 + 30 * other, knee_bend=112 * other)
    arms = free_arms(rng)
    if lean < -8 and rng.random() < 0.7:
        arms = _HAND | dict(side_arm_raise=-35, side_arm_out=15)
    legs = {k: v + lean if 'thigh_raise' in k else v for k, v in legs.items()}
    return arms | legs | dict(tilt=lean, spine_bend=rng.uniform(0, 30))


def _cross_legged(rng):
    lean = rng.uniform(-5, 15)
    return free_arms(rng) | dict(
        tilt=lean,
        spine_bend=15,
        side_thigh_raise=98 + lean,
        side_thigh_out=60,
        side_thigh_twist=68,
        left_knee_bend=rng.uniform(105, 135),
        right_knee_bend=130,
    )


def _reach_toes(rng):
    """Sitting on the floor, bent over stretched legs."""
    lean = rng.uniform(5, 45)
    return dict(
        tilt=lean,
        spine_bend=rng.uniform(20, 55),
        side_thigh_raise=88 + lean,
        side_thigh_out=rng.uniform(0, 45),
        side_knee_bend=rng.uniform(0, 20),
        left_knee_bend=rng.uniform(0, 100),
        side_arm_raise=rng.uniform(75, 120),
        side_elbow_bend=rng.uniform(0, 30),
    )


def _bridge(rng):
    """On shoulders and the right sole, the hips up; mostly on the left one too."""
    legs = dict(side_knee_bend=rng.uniform(75, 110), side_thigh_out=rng.uniform(2, 14))
    if rng.random() < 0.25:
        legs |= one('left', thigh_raise=rng.uniform(20, 80), knee_bend=10)
    return dict(side_arm_out=rng.uniform(5, 60), side_elbow_bend=10) | (
        dict(tilt=-110, neck_bend=25, side_thigh_raise=rng.uniform(-10, 25)) | legs
    )


def _crab(rng):
    """On hands and soles, the belly up."""
    return _HAND | dict(
        tilt=-80,
        side_arm_raise=-55,
        side_arm_out=15,
        side_thigh_raise=rng.uniform(0, 60),
        side_knee_bend=rng.uniform(60, 100),
        neck_bend=rng.uniform(0, 25),
    )


def _hand_stand(rng):
    split = rng.uniform(0, 60)
    return _HAND | dict(
        tilt=175,
        side_arm_raise=168,
        side_thigh_out=rng.uniform(0, 50),
        left_thigh_raise=split,
        right_thigh_raise=-0.4 * split,
        side_knee_bend=rng.uniform(0, 50),
        side_toe_down=30,
    )


def _hang(rng):
    """On both hands: stretched or pulled up, legs hanging, drawn up or swinging."""
    pull = rng.uniform(0, 1) if rng.random() < 0.6 else 0.0
    return dict(
        tilt=rng.uniform(-20, 25),
        side_arm_out=120 - 60 * pull + rng.uniform(-25, 25),
        side_arm_raise=105 - 55 * pull,
        side_elbow_bend=135 * pull,
        side_arm_twist=-55 * pull,
        side_shrug=22,
        side_thigh_raise=rng.uniform(-15, 20) if rng.random() < 0.6 else 85,
        side_knee_bend=rng.uniform(0, 100),
        side_toe_down=30,
    )


def _fly(rng):
    """In the air or in water at any angle: diving, swimming, falling."""
    return free_arms(rng) | dict(
        tilt=rng.uniform(-150, 150),
        turn=rng.uniform(-60, 60),
        sway=rng.uniform(-40, 40),
        side_thigh_out=rng.uniform(0, 25),
        left_thigh_raise=rng.uniform(-25, 60),
        right_thigh_raise=rng.uniform(-25, 60),
        left_knee_bend=rng.uniform(0, 90),
        right_knee_bend=rng.uniform(0, 90),
        side_toe_down=35,
    )


FAMILIES = dict(
    lie_back=_lie_back,
    crunch=_crunch,
    on_a_bench=_on_a_bench,
    lie_front=_lie_front,
    cobra=_cobra,
    sphinx=_sphinx,
    lie_side=_lie_side,
    side_plank=_side_plank,
    low_side_plank=_low_side_plank,
    push_up=_push_up,
    plank=_plank,
    inverted_v=_inverted_v,
    all_fours=_all_fours,
    bird_dog=_bird_dog,
    kneel=_kneel,
    half_kneel=_half_kneel,
    bowed=_bowed,
    sit_floor=_sit_floor,
    cross_legged=_cross_legged,
    reach_toes=_reach_toes,
    bridge=_bridge,
    crab=_crab,
    hand_stand=_hand_stand,
    hang=_hang,
    fly=_fly,
)
_BACK = ('side_back', 'side_buttock')
_KNEES = ('side_knee', 'side_toe')
SUPPORTS = dict(
    lie_back=Support(_BACK),
    crunch=Support(('side_buttock',)),
    on_a_bench=Support(_BACK, clearance=(0, 40), carrier='bench'),
    lie_front=Support(('side_breast', 'belly', 'side_knee')),
    cobra=Support(('side_palm', 'side_knee')),
    sphinx=Support(('side_elbow', 'side_knee')),
    lie_side=Support(('right_shoulder', 'right_hip', 'right_knee')),
    side_plank=Support(('right_palm', 'right_toe', 'right_heel')),
    low_side_plank=Support(('right_elbow', 'right_toe', 'right_heel')),
    push_up=Support(('side_palm', 'side_toe')),
    inverted_v=Support(('side_palm', 'side_toe')),
    plank=Support(('side_elbow', 'side_toe')),
    all_fours=Support(('side_palm', 'side_knee', 'side_toe')),
    bird_dog=Support(('right_palm', 'left_knee', 'left_toe')),
    kneel=Support(_KNEES),
    half_kneel=Support(('left_heel', 'left_toe', 'right_knee', 'right_toe')),
    bowed=Support(_KNEES),
    sit_floor=Support(('side_buttock', 'side_heel')),
    cross_legged=Support(('side_buttock', 'side_heel')),
    reach_toes=Support(('side_buttock', 'side_heel')),
    bridge=Support(('side_back', 'right_heel')),
    crab=Support(('side_palm', 'side_heel')),
    hand_stand=Support(('side_palm',)),
    hang=Support(('side_palm',), clearance=(30, 700), carrier='bar'),
    fly=Support((), clearance=(100, 900)),
)
