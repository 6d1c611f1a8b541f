"""Backgrounds: smooth ones for renders; photographs and textures for photos."""

import os.path as osp
from functools import lru_cache

import cv2
import numpy as np
import skimage
from PIL import Image

from mmpose_uda.errors import UserError

# Photographs that come with scikit-image. Training and test share none; both pictures
# of the motorcycle show the same scene and are therefore in the same split.
PHOTOS = dict(
    train=(
        'astronaut.png',
        'brick.png',
        'camera.png',
        'coffee.png',
        'grass.png',
        'motorcycle_left.png',
        'motorcycle_right.png',
        'text.png',
    ),
    test=('chelsea.png', 'coins.png', 'gravel.png', 'page.png', 'rocket.jpg'),
)


@lru_cache(maxsize=2)
def load_photos(split: str) -> tuple:
    """Load the photographs [h, w, 3] uint8 BGR of a split, at most 512 px high or wide.

    Raises:
        UserError: A file of scikit-image is missing or damaged.
    """
    photos = []
    for name in PHOTOS[split]:
        path = osp.join(osp.dirname(skimage.__file__), 'data', name)
        try:
            with Image.open(path) as file:
                photo = np.asarray(file.convert('RGB'))[..., ::-1]
        except OSError as error:
            raise UserError(
                f'The photograph {path} of scikit-image cannot be read: '
                'reinstall scikit-image.'
            ) from error
        factor = min(1.0, 512 / max(photo.shape[:2]))
        photos.append(
            cv2.resize(
                np.ascontiguousarray(photo),
                None,
                fx=factor,
                fy=factor,
                interpolation=cv2.INTER_AREA,
            )
        )
    return tuple(photos)


def plain_background(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw a wall, a table or a plain area, [size, size, 3] float32 in 0..1.

    It has one colour or a gradient between two, more often muted than strong; some have
    an edge across, blotches, a darker border or a simple texture.
    """
    if rng.random() < 0.1:
        return texture(rng, size).astype(np.float32)
    first, second = (
        paint(rng) if rng.random() < 0.7 else rng.uniform(0.2, 0.9, 3).astype(np.float32)
        for _ in range(2)
    )
    angle = rng.uniform(0, 2 * np.pi)
    axis = np.linspace(-0.5, 0.5, size, dtype=np.float32)
    ramp = np.cos(angle) * axis[None] + np.sin(angle) * axis[:, None]
    if rng.random() < 0.2:
        # Two surfaces meet.
        share = 0.5 + (ramp - rng.uniform(-0.3, 0.3)) * rng.uniform(8, 40)
    else:
        share = (ramp + 0.5) * rng.choice([0.0, 0.3, 1.0], p=[0.3, 0.4, 0.3])
    out = first + share.clip(0, 1).astype(np.float32)[..., None] * (second - first)
    if rng.random() < 0.4:
        blotches = noise(rng, size, rng.integers(2, 9)) - np.float32(0.5)
        out *= 1 + rng.uniform(0.05, 0.35) * blotches[..., None]
    if rng.random() < 0.4:
        away = axis[None] ** 2 + axis[:, None] ** 2
        out *= 1 - rng.uniform(0.2, 1.0) * away[..., None]
    return out


def photo_patch(rng: np.random.Generator, photos: tuple, size: int) -> np.ndarray:
    """A random crop of a photograph in changed colours, shaped like `plain_background`."""
    photo = photos[rng.integers(len(photos))]
    short = min(photo.shape[:2])
    side = int(rng.uniform(0.25, 1.0) * short)
    top = rng.integers(photo.shape[0] - side + 1)
    left = rng.integers(photo.shape[1] - side + 1)
    window = photo[top : top + side, left : left + side]
    window = cv2.resize(
        window,
        (size, size),
        interpolation=(cv2.INTER_AREA if side > size else cv2.INTER_LINEAR),
    )
    window = np.rot90(window, rng.choice(4, p=[0.7, 0.1, 0.1, 0.1]))
    if rng.random() < 0.5:
        window = window[:, ::-1]
    tint = np.exp(rng.normal(0, 0.1, 3))
    curve = np.linspace(0, 1, 256)[:, None] ** rng.uniform(0.6, 1.7) * tint
    patch = cv2.LUT(np.ascontiguousarray(window), curve.astype(np.float32)[None])
    # Towards grey, or away from it.
    colourful = rng.uniform(0.5, 1.3)
    mix = colourful * np.eye(3) + (1 - colourful) / 3
    return cv2.transform(patch, mix)


def paint(rng: np.random.Generator) -> np.ndarray:
    """A random colour [3] of paint or cloth; strong ones are rarer than muted ones."""
    grey = rng.uniform(0.04, 0.9)
    return np.clip(
        grey + (rng.random(3) - 0.5) * rng.beta(1.2, 2.0) * 1.2, 0.02, 0.95
    ).astype(np.float32)


def texture(rng: np.random.Generator, size: int) -> np.ndarray:
    """A random surface (clouds, wood, cloth or tiles), shaped like `plain_background`."""
    low, high = paint(rng), paint(rng)
    kind = rng.integers(4)
    field = noise(rng, size, rng.integers(2, 8))
    angle, period = rng.uniform(0, np.pi), rng.uniform(6, 36) * size / 128
    axis = np.arange(size, dtype=np.float32) / np.float32(period)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    along = cos * axis[None] + sin * axis[:, None]
    across = cos * axis[:, None] - sin * axis[None]
    if kind == 1:  # wood
        field = 0.5 + 0.5 * np.sin(6.28 * (along + 1.5 * field))
    elif kind == 2:  # cloth
        field = 0.25 * (np.sin(6.28 * along) + np.sin(6.28 * across)) + 0.5
    elif kind == 3:  # tiles
        field = (along // 1 + across // 1) % 2
    field = field + 0.15 * (noise(rng, size, size // 3) - 0.5)
    return low + field.clip(0, 1)[..., None] * (high - low)


def noise(rng: np.random.Generator, size: int, cells: int) -> np.ndarray:
    """Smooth noise [size, size] in 0..1 with about `cells` blobs per side."""
    coarse = rng.random((cells + 3, cells + 3), dtype=np.float32)
    return cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC).clip(0, 1)


def flat_shape(rng: np.random.Generator, size: int) -> np.ndarray:
    """A random ellipse or polygon, [size, size] float32: 1 inside, 0 outside."""
    mask = np.zeros((size, size), dtype=np.uint8)
    centre, radius = rng.uniform(0, size, 2), rng.uniform(0.08, 0.5) * size
    corners = rng.integers(3, 7)
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    polygon = centre + radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    if rng.random() < 0.3:
        cv2.ellipse(
            mask,
            tuple(int(v) for v in centre),
            (int(radius), int(radius * rng.uniform(0.3, 1))),
            rng.uniform(0, 180),
            0,
            360,
            255,
            -1,
            cv2.LINE_AA,
        )
    else:
        cv2.fillPoly(mask, [polygon.astype(np.int32)], 255, cv2.LINE_AA)
    return mask.astype(np.float32) / 255


def cluttered_background(rng: np.random.Generator, photos: tuple, size: int) -> np.ndarray:
    """Photographs and textures behind flat shapes, sometimes out of focus."""

    def layer():
        return photo_patch(rng, photos, size) if rng.random() < 0.85 else texture(rng, size)

    out = layer()
    for _ in range(rng.choice(5, p=[0.3, 0.3, 0.2, 0.12, 0.08])):
        alpha = flat_shape(rng, size)[..., None]
        fill = (
            layer()
            if rng.random() < 0.5
            else paint(rng) * (0.6 + 0.4 * noise(rng, size, 3))[..., None]
        )
        out = out + alpha * (fill - out)
    if rng.random() < 0.6:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 2.5) * size / 128)
    return out
