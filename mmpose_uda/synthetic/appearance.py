"""Colours of skin, cloth and painted objects."""

import numpy as np

from .backgrounds import paint

# Skin (BGR, reflectance of red, green and blue as seen in daylight), light to dark.
SKIN = (
    np.array(
        [
            (168, 188, 230),
            (146, 172, 226),
            (118, 150, 208),
            (92, 124, 184),
            (66, 92, 148),
            (48, 66, 108),
        ]
    )
    / 255
)


def skin_tone(rng: np.random.Generator, tone: float) -> np.ndarray:
    """Colour [3] between two of SKIN, with a random tint and brightness."""
    return between(SKIN, tone) * np.exp(rng.normal(0, 0.07) + rng.normal(0, 0.025, 3))


def between(palette: np.ndarray, place: float) -> np.ndarray:
    """Colour [3] at a place between two neighbours of a palette [N, 3]."""
    low = int(place)
    return palette[low] + (place - low) * (palette[low + 1] - palette[low])


def hand_tones(rng: np.random.Generator, tone: float) -> tuple[np.ndarray, np.ndarray]:
    """Colours [3] of the back of a hand and of its palm, which has less pigment."""
    back = skin_tone(rng, tone)
    palm = back * between(SKIN, 0.45 * tone) / between(SKIN, tone)
    return back, palm * np.exp(rng.normal((-0.03, -0.04, 0.03), 0.03))


def skin_albedo(back: np.ndarray, palm: np.ndarray, marks: dict, strength: float) -> tuple:
    """Colours [P, 3] and gloss [P] of a hand with nails, flushed places and creases."""
    nail = min(1.3 * strength, 0.9) * marks['nail']
    shade = (1 - 0.3 * strength * marks['crease']) * (1 - nail)
    channels = []
    for tone, inside, loss, plate in zip(
        back.tolist(), palm.tolist(), (0.15, 0.16, 0.02), (0.72, 0.76, 0.95)
    ):
        skin = tone + (inside - tone) * marks['palm']
        skin *= 1 - loss * strength * marks['flush']
        channels.append(shade * skin + nail * (0.45 * plate + 0.65 * tone))
    return np.stack(channels, axis=1), 0.12 + 0.35 * marks['nail']


def mottle(rng: np.random.Generator, rest: np.ndarray) -> np.ndarray:
    """Unevenness of skin: noise [P] around 0 at points [P, 3], spots of 5 to 20 mm."""
    out = 0.0
    for _ in range(4):
        wave = rng.normal(0, 1, 3) * rng.uniform(0.1, 0.45)
        out = out + np.sin(
            rest @ wave.astype(np.float32) + np.float32(rng.uniform(0, 2 * np.pi))
        )
    return 0.5 * out


def cloth_albedo(
    rng: np.random.Generator,
    local: np.ndarray,
    widths: tuple = (5, 14),
    plain: float = 0.55,
) -> np.ndarray:
    """Albedo [P, 3] of plain, striped or chequered cloth, stripes of `widths` mm.

    Args:
        rng (np.random.Generator): Source of randomness.
        local (np.ndarray): Places on the template [P, 3 or more] in mm.
        widths (tuple): Least and greatest width of stripes in mm.
        plain (float): Share of plain cloth.
    """
    first, second = paint(rng), paint(rng)
    kind = rng.choice(3, p=[plain, 0.55 * (1 - plain), 0.45 * (1 - plain)])
    width = rng.uniform(*widths)
    stripes = (local[:, 1] // width) % 2
    if kind == 2:
        stripes = 0.5 * stripes + 0.5 * ((local[:, 0] // width) % 2)
    share = np.zeros_like(stripes) if kind == 0 else stripes
    return first + share[:, None] * (second - first)


def object_albedo(rng: np.random.Generator, local: np.ndarray) -> np.ndarray:
    """Albedo [P, 3] of plain, banded or spotted paint."""
    first, second = paint(rng), paint(rng)
    kind = rng.choice(3, p=[0.5, 0.3, 0.2])
    width = rng.uniform(4, 20)
    if kind == 0:
        share = np.zeros(len(local), dtype=np.float32)
    elif kind == 1:
        share = (local[:, 0] // width) % 2
    else:
        share = (np.sin(local[:, :3] * 3 / width).prod(axis=1) > 0.1).astype(np.float32)
    return first + share[:, None] * (second - first)
