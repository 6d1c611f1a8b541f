"""Ranges of people's poses and of the views of them."""

from dataclasses import dataclass

import numpy as np

from . import human_floor_poses, human_poses
from .human_shape import CONTACTS, FLOOR
from .human_skeleton import SKELETON
from .jointed_body import view_from
from .pose_families import PoseSampler

_UPRIGHT, _LOW = human_poses.FAMILIES, human_floor_poses.FAMILIES
# Standard deviation of angles in degrees, if it is not 10.
_NOISE = dict(
    tilt=5,
    sway=4,
    turn=5,
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


@dataclass(frozen=True)
class Views:
    """From where people are seen; angles in degrees.

    Args:
        front (float): Standard deviation of turns from the frontal view.
        rise (tuple[float, float]): Mean and standard deviation of how far the camera looks
            down.
        roll (float): Standard deviation of the camera's roll.
        limit (float): Limit of turns.
        around (float): Share of people who are seen from any direction instead. If there
            are any, lying people are mostly seen from the side.
        above (float): Share of people who are seen from high above instead.
    """

    front: float
    rise: tuple[float, float]
    roll: float
    limit: float = 180.0
    around: float = 0.0
    above: float = 0.0

    def draw(self, rng: np.random.Generator, level: float) -> np.ndarray:
        """Rotation [3, 3] from the body's frame to the camera's.

        Args:
            rng (np.random.Generator): Source of randomness.
            level (float): How level the trunk is, from 0 (upright) to 1.
        """
        azimuth = np.clip(rng.normal(0, self.front), -self.limit, self.limit)
        rise, roll = rng.normal(*self.rise), rng.normal(0, self.roll)
        anywhere, aside = rng.uniform(-180, 180), rng.normal(90 * rng.choice((-1, 1)), 35)
        if rng.random() < self.around:
            azimuth = anywhere
        elif rng.random() < level * (self.around > 0):
            azimuth = aside
        if rng.random() < self.above:
            rise = rng.uniform(20, 75)
        return view_from(azimuth, np.clip(rise, -30, 80), roll)


@dataclass(frozen=True)
class HumanRange:
    """A range of poses and views, by domain: 'rendered' and 'photo'.

    Args:
        weights (dict[str, dict]): How often each family of poses is drawn.
        views (dict[str, Views]): From where people are seen.
        cropped (float): Share of people of whom the picture's edge may cut something off.
    """

    weights: dict
    views: dict
    cropped: float = 0.0

    def sampler(self) -> PoseSampler:
        """Return a sampler of the families that have a weight."""
        families = _UPRIGHT | _LOW
        return PoseSampler(
            SKELETON,
            {name: families[name] for name in self.weights['rendered']},
            self.weights,
            SKELETON.pose(**dict.fromkeys(SKELETON.dofs, 10.0) | _NOISE),
            CONTACTS,
            FLOOR,
            human_poses.SUPPORTS | human_floor_poses.SUPPORTS,
            candidates=24,
        )

    def view(self, rng: np.random.Generator, domain: str, level: float) -> np.ndarray:
        """Draw a view of a domain: see :meth:`Views.draw`."""
        return self.views[domain].draw(rng, level)


# Renders sample poses evenly; the target is one kind of place, where people do
# what they do in rooms.
_UPRIGHT_WEIGHTS = dict(
    rendered=dict.fromkeys(_UPRIGHT, 1.0) | dict(anyhow=3.0, stand_anyhow=3.0),
    photo=dict(walk=4.0, sit=4.0, stand=3.0, in_front=3.0)
    | dict(stand_anyhow=2.0, sit_anyhow=2.0, contrapposto=2.0, reach=2.0, bend=2.0)
    | dict(point=1.5, hands_on_hips=1.5, crossed_arms=1.5, at_the_ear=1.5)
    | dict(wave=1.0, recline=1.0, crouch=1.0, squat=0.5, run=0.5),
)
_LOW_WEIGHTS = dict(
    rendered=dict.fromkeys(_LOW, 0.8),
    photo=dict(sit_floor=1.0, cross_legged=0.7, half_kneel=0.7, kneel=0.5)
    | dict(lie_back=0.7, lie_side=0.7, lie_front=0.4),
)
FULL = HumanRange(
    {domain: _UPRIGHT_WEIGHTS[domain] | _LOW_WEIGHTS[domain] for domain in _LOW_WEIGHTS},
    dict(
        rendered=Views(front=40, rise=(5, 9), roll=6, around=0.15, above=0.06),
        photo=Views(front=50, rise=(32, 8), roll=4, around=0.15),
    ),
    cropped=0.12,
)
"""People upright or not, from all sides: everything in renders, a room in the target.

The target is seen by a camera high on a wall.
"""

# Bent and folded people hide the cues from which depth could be inferred.
_FOLDED = ('recline', 'ride', 'squat', 'crouch', 'side_lunge', 'leg_up', 'bend', 'anyhow')
FRONTAL = HumanRange(
    {
        domain: weights | {family: 0.4 for family in _FOLDED if family in weights}
        for domain, weights in _UPRIGHT_WEIGHTS.items()
    },
    dict(
        rendered=Views(front=25, rise=(5, 9), roll=6, limit=60),
        photo=Views(front=32, rise=(8, 12), roll=9, limit=60),
    ),
)
"""Upright people seen from the front, turned by at most 60 degrees.

In the minutes of a benchmark, small networks cannot learn depth for people at all turns.
"""
