"""Coats of quadrupeds: plain, with dark points, striped, spotted or in patches."""

from dataclasses import dataclass

import numpy as np

from .appearance import between, mottle
from .flesh import Flesh

_FUR = (
    np.array(
        [
            (24, 26, 30),
            (30, 48, 82),
            (44, 78, 128),
            (70, 112, 160),
            (60, 128, 200),
            (130, 168, 200),
            (140, 146, 150),
            (215, 222, 226),
        ]
    )
    / 255
)
_PATTERNS = ('plain', 'points', 'stripes', 'spots', 'patches')
# Weights of the patterns for a horse and for a cat, and factors on them by domain.
_HORSE, _CAT = np.array([3, 5, 1, 0.5, 2.0]), np.array([2, 1, 5, 3, 0.5])
_EVENNESS = dict(rendered=(2.0, 2.0, 0.3, 0.3, 0.3), photo=(1, 1, 1, 1, 1))


@dataclass
class Coat:
    """One animal's coat.

    Args:
        pattern (str): One of the patterns above.
        mane (float): How far mane and tail stand off (mm of the real template).
        dark_below (float): Legs are dark below this height (mm above the pelvis).
    """

    pattern: str
    mane: float
    dark_below: float


def random_coat(rng: np.random.Generator, domain: str, cat: float) -> Coat:
    """Draw a coat for an animal that is a cat to a degree in 0..1."""
    share = ((1 - cat) * _HORSE + cat * _CAT) * _EVENNESS[domain]
    return Coat(
        str(rng.choice(_PATTERNS, p=share / share.sum())),
        (1 - cat) * rng.uniform(0, 45),
        rng.uniform(-980, -620),
    )


class CoatMarks:
    """Finds mane, eyes, nose and hooves on the template.

    Args:
        flesh (Flesh): The template's flesh.
    """

    def __init__(self, flesh: Flesh) -> None:
        names = flesh.skeleton.frame_joints
        self.scale = flesh.scale
        self._neck = np.array([name in ('neck', 'head') for name in names])
        self._tail = np.array([name in ('tail_middle', 'tail_end') for name in names])
        self._hoof = np.array(['hoof' in name for name in names])
        place = dict(zip(flesh.skeleton.joints, flesh.origins))
        self._eyes = place['left_eye'], place['right_eye']
        self._nose = place['chin'] + np.array([0, 20, 55]) / flesh.scale
        self._start = place['neck'].astype(np.float32)
        along = place['head'] - place['neck']
        # Out of the neck at the crest.
        across = np.array([0, along[2], -along[1]])
        self._crest = (across / np.linalg.norm(across)).astype(np.float32)

    def find(self, rest: np.ndarray, bone: np.ndarray) -> dict:
        """Which points [P] are mane, tail, eyes, nose and hooves."""
        mm = self.scale
        out = mm * ((rest - self._start) @ self._crest)
        near = [np.linalg.norm(rest - eye, axis=1) * mm < 34 for eye in self._eyes]
        return dict(
            mane=self._neck[bone] & (out > 78) & (np.abs(rest[:, 0]) * mm < 52),
            tail=self._tail[bone],
            eyes=near[0] | near[1],
            nose=np.linalg.norm(rest - self._nose, axis=1) * mm < 62,
            hooves=self._hoof[bone],
        )


def coat_colours(
    rng: np.random.Generator, domain: str, coat: Coat, marks: dict, real: np.ndarray
) -> tuple:
    """Albedo [P, 3] and gloss [P] of fur at points [P, 3] in mm of the real template."""
    fur = between(_FUR, rng.uniform(0, len(_FUR) - 1.001))
    fur = fur * np.exp(rng.normal(0, 0.04, 3))
    dark = fur * rng.uniform(0.12, 0.5)
    if fur.mean() < 0.2 or (coat.pattern == 'patches' and rng.random() < 0.7):
        dark = _FUR[-1] * rng.uniform(0.75, 1.05)
    share = _pattern(rng, coat, real)
    hair = marks['mane'] | marks['tail']
    if coat.pattern != 'plain' or rng.random() < 0.5:
        share = np.where(hair, 1.0, share)
    # The belly is paler.
    pale = rng.uniform(0, 0.5) * np.clip((-real[:, 1] - 180) / 120, 0, 1)
    pale = pale * np.clip((real[:, 1] + 420) / 100, 0, 1)
    albedo = fur + (np.minimum(1.2 * fur + 0.12, 0.95) - fur) * pale[:, None]
    albedo = albedo + share[:, None] * (dark - albedo)
    albedo[marks['nose']] = dark if rng.random() < 0.6 else (0.45, 0.42, 0.58)
    albedo[marks['hooves']] = rng.uniform(0.05, 0.4)
    albedo[marks['eyes']] = 0.03
    if domain == 'photo':
        albedo *= 1 + rng.uniform(0.03, 0.13) * mottle(rng, real / 7)[:, None]
    return albedo.astype(np.float32), np.full(len(real), 0.08, dtype=np.float32)


def _pattern(rng: np.random.Generator, coat: Coat, real: np.ndarray) -> np.ndarray:
    """How dark the coat is [P] in 0..1, at points [P, 3] in mm."""
    x, y, z = real.T
    if coat.pattern == 'points':
        return np.clip((coat.dark_below - y) / 80, 0, 1)
    if coat.pattern == 'stripes':
        width = rng.uniform(90, 170)
        bent = 0.35 * np.sin(y / 130 + rng.uniform(0, 6)) + 0.3 * np.sin(z / 210 + y / 90)
        # Around the trunk, and around the legs below it.
        way = np.where(y < -330, y, z + 0.25 * y)
        return (np.sin(2 * np.pi * (way / width + bent)) > rng.uniform(-0.1, 0.5)).astype(
            np.float32
        )
    if coat.pattern == 'spots':
        width = rng.uniform(32, 60)
        waves = [np.sin(v / width + rng.uniform(0, 6)) for v in (x + z, y - 0.3 * z, z - y)]
        return (waves[0] + waves[1] + 0.6 * waves[2] > 1.0).astype(np.float32)
    if coat.pattern == 'patches':
        return (mottle(rng, real / 30) > rng.uniform(-0.2, 0.5)).astype(np.float32)
    return np.zeros(len(real), dtype=np.float32)
