"""Families of poses, and a sampler that keeps limbs apart and above the floor."""

from dataclasses import dataclass, field, replace
from typing import Callable, Optional

import numpy as np

from .flesh import Contacts
from .floor import Floor
from .skeleton import Skeleton, twin


@dataclass(frozen=True)
class Support:
    """How poses of a family are supported.

    Args:
        points (tuple[str]): Balls of the :class:`Floor` that carry the body, which is
            turned until they are level.
        clearance (tuple, optional): Least and greatest distance in mm between the floor
            and the lowest point of a body that something else carries, or that is in the
            air. Default: the supports are on the floor.
        carrier (str): What carries it in that case: 'bench', 'bar' or '' for nothing that
            is drawn.
    """

    points: tuple = ()
    clearance: Optional[tuple] = None
    carrier: str = ''

    def mirrored(self) -> 'Support':
        """The support of the mirrored poses."""
        return replace(self, points=tuple(map(twin, self.points)))


@dataclass
class Stance:
    """A posed body in its world: x to its left, y up, z forward.

    Args:
        pose (np.ndarray): Angles [D] in degrees, before the body was turned.
        joints (np.ndarray): Joints [J, 3] in mm.
        frames (np.ndarray): Frames [J + H, 3, 3] of their bones and hinges.
        floor (float, optional): Height of the floor in mm, for bodies that have one.
        carrier (str): What carries a body that is not on the floor, if it is drawn.
        carried (np.ndarray, optional): The middle [3] of where it is carried, in mm.
    """

    pose: np.ndarray
    joints: np.ndarray
    frames: np.ndarray
    floor: Optional[float] = None
    carrier: str = ''
    carried: Optional[np.ndarray] = None


@dataclass
class PoseSampler:
    """Draws poses around the means of families, within the limits.

    Args:
        skeleton (Skeleton): What is posed.
        families (dict[str, Callable]): Name -> function that takes a random generator and
            returns the family's mean angles in degrees (keywords of
            :meth:`Skeleton.pose`).
        weights (dict[str, dict]): How often each family is drawn, by domain.
        noise (np.ndarray): Standard deviation of each angle [D] in degrees.
        contacts (Contacts): Balls that must not overlap.
        floor (Floor, optional): Balls that can touch the floor.
        supports (dict[str, Support]): Family -> what carries its poses, if it is not the
            lowest point.
        candidates (int): Number of poses from which the best is chosen.
    """

    skeleton: Skeleton
    families: dict[str, Callable]
    weights: dict
    noise: np.ndarray
    contacts: Contacts
    floor: Optional[Floor] = None
    supports: dict = field(default_factory=dict)
    candidates: int = 12

    def sample(self, rng: np.random.Generator, domain: str, stretch: np.ndarray) -> Stance:
        """Draw a pose for one individual.

        Poses and their mirror images are equally likely. A quarter of the poses is a
        mixture of two families with the same supports. Among several candidates, the one
        is chosen whose limbs overlap least with each other and the floor, and whose
        supports are nearest to the floor.

        Args:
            rng (np.random.Generator): Source of randomness.
            domain (str): 'rendered' or 'photo'.
            stretch (np.ndarray): The individual's bones [J, 3].
        """
        support, poses = self._candidates(rng, domain)
        joints, frames = self.skeleton.forward(poses, stretch)
        overlap = self.contacts.overlap(joints)
        if self.floor is None:
            best = np.argmin(overlap)
            return Stance(poses[best], joints[best], frames[best])
        centres = self.floor.centres(joints, frames, stretch)
        carried = self.floor.chosen(support.points)
        turn, height, level = self.floor.settle(centres, carried)
        cost = overlap + np.abs(height[:, carried]).sum(axis=1)
        if support.clearance is None:
            cost = cost + np.clip(-height, 0, None).sum(axis=1)
        best = np.argmin(cost)
        turn, level = turn[best], level[best]
        middle = None
        if support.carrier:
            middle = turn @ centres[best, carried].mean(axis=0)
            middle[1] = level
        if support.clearance is not None:
            level += height[best].min() - rng.uniform(*support.clearance)
        return Stance(
            poses[best],
            joints[best] @ turn.T,
            turn @ frames[best],
            level,
            support.carrier,
            middle,
        )

    def _candidates(
        self, rng: np.random.Generator, domain: str
    ) -> tuple[Support, np.ndarray]:
        """Poses [C, D] around a family's mean or between two, and their support."""
        weights = self.weights[domain]
        support, first, mirrored = self._mean(rng, weights)
        alike = {k: w for k, w in weights.items() if self._support(k) == support}
        _, second, also = self._mean(rng, alike)
        if support.points:
            also = mirrored
        first, second = (
            self.skeleton.mirror(pose) if flag else pose
            for pose, flag in ((first, mirrored), (second, also))
        )
        support = support.mirrored() if mirrored else support
        mix = rng.uniform(0.2, 0.5) if rng.random() < 0.25 else 0.0
        centre = (1 - mix) * first + mix * second
        noise = self.noise * rng.normal(size=(self.candidates, len(centre)))
        return support, self.skeleton.clip(centre + noise)

    def _support(self, name: str) -> Support:
        return self.supports.get(name, Support())

    def _mean(self, rng: np.random.Generator, weights: dict) -> tuple:
        """Draw a family by weights: its support, its mean [D], whether to mirror both."""
        share = np.array(list(weights.values()))
        name = list(weights)[rng.choice(len(share), p=share / share.sum())]
        pose = self.skeleton.pose(**self.families[name](rng))
        return self._support(name), pose, rng.random() < 0.5
