"""Families of poses, and a sampler that keeps limbs out of each other."""

from dataclasses import dataclass
from typing import Callable

import numpy as np

from .flesh import Contacts
from .skeleton import Skeleton

CANDIDATES = 12


@dataclass
class PoseSampler:
    """Poses about the means of families, within the limits.

    Args:
        skeleton (Skeleton): What is posed.
        families (dict[str, Callable]): Name -> function of a random generator to the
            family's mean angles in degrees (keywords of :meth:`Skeleton.pose`).
        weights (dict[str, dict]): How often each family is drawn, by domain.
        noise (np.ndarray): Standard deviation of each angle [D] in degrees.
        contacts (Contacts): What shall stay apart.
    """

    skeleton: Skeleton
    families: dict[str, Callable]
    weights: dict
    noise: np.ndarray
    contacts: Contacts

    def sample(
        self, rng: np.random.Generator, domain: str, stretch: np.ndarray
    ) -> np.ndarray:
        """A pose [D] in degrees for one individual.

        Left and right are alike. A quarter of the poses is half-way between two
        families. Of several drawn, the one whose limbs intersect least is taken.

        Args:
            rng (np.random.Generator): Source of randomness.
            domain (str): 'rendered' or 'photo'.
            stretch (np.ndarray): The individual's bones [J, 3].
        """
        first, second = (self._mean(rng, domain) for _ in range(2))
        mix = rng.uniform(0.2, 0.5) if rng.random() < 0.25 else 0.0
        centre = (1 - mix) * first + mix * second
        noise = self.noise * rng.normal(size=(CANDIDATES, len(centre)))
        candidates = self.skeleton.clip(centre + noise)
        joints, _ = self.skeleton.forward(candidates, stretch)
        return candidates[np.argmin(self.contacts.overlap(joints))]

    def _mean(self, rng: np.random.Generator, domain: str) -> np.ndarray:
        weights = self.weights[domain]
        share = np.array(list(weights.values()))
        name = list(weights)[rng.choice(len(share), p=share / share.sum())]
        pose = self.skeleton.pose(**self.families[name](rng))
        return self.skeleton.mirror(pose) if rng.random() < 0.5 else pose
