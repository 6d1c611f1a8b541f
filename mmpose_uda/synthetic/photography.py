"""What makes a picture look like a photograph: light, shadows, a real camera."""

import cv2
import numpy as np

from .lighting import Light
from .skinned_mesh import unit
from .surface import Surface


def photo_light(rng: np.random.Generator) -> tuple[Light, int]:
    """Sun or lamp anywhere in front of the body, with its edge softness in px."""
    to_light = unit(np.array([rng.uniform(-1.2, 1.2), rng.uniform(-1.3, 0.4), -0.8]))
    warmth = rng.normal(0, 0.09)
    colour = np.array([1 - warmth, 1.0, 1 + warmth])
    hard = rng.random()
    dome = rng.uniform(0.55, 1.0) * (1 - 0.6 * hard)
    tint = np.exp(rng.normal(0, 0.07, 3))
    light = Light(
        to_light,
        colour * (0.35 + 0.75 * hard),
        dome * tint,
        dome * tint[::-1] * rng.uniform(0.35, 0.9),
        wrap=0.25 - 0.2 * hard,
    )
    return light, int(rng.integers(1, 4))


def infrared_light(rng: np.random.Generator) -> tuple[Light, int]:
    """Lamps around the camera's lens, with their edge softness in px."""
    to_light = unit(np.array([*rng.normal((0, -0.1), 0.15), -1.0]))
    dome = np.full(3, rng.uniform(0.2, 0.5))
    light = Light(to_light, np.full(3, rng.uniform(0.7, 1.0)), dome, dome * 0.8, wrap=0.15)
    return light, int(rng.integers(1, 4))


def infrared(rng: np.random.Generator, image: np.ndarray, size: int) -> np.ndarray:
    """Turn a picture [size, size, 3] into what infrared lamps at the camera show of it.

    Surfaces reflect infrared light about as they do red light. The lamps light the middle,
    and the little light makes the grain coarse.
    """
    grey = image @ rng.dirichlet((1, 2, 5)).astype(np.float32)
    places = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    x, y = (places - rng.normal(0, 0.1) for _ in range(2))
    grey *= np.exp(-rng.uniform(0.5, 2.0) * (x[None] ** 2 + y[:, None] ** 2))
    grey += rng.uniform(0.005, 0.025) * rng.standard_normal(grey.shape, dtype=np.float32)
    return np.repeat(np.clip(grey, 0, None)[..., None], 3, axis=2)


def cast_shadow(
    rng: np.random.Generator,
    background: np.ndarray,
    surface: Surface,
    light: Light,
    size: int,
) -> np.ndarray:
    """Darken the background by the body's shadow, in a random part of the pictures."""
    if rng.random() < 0.55:
        return background
    alpha = cv2.resize(
        surface.image(np.ones(len(surface.part), dtype=np.float32)),
        (size, size),
        interpolation=cv2.INTER_AREA,
    )
    offset = -light.to_light[:2] * size * rng.uniform(0.05, 0.22)
    moved = cv2.warpAffine(
        alpha, np.array([[1, 0, offset[0]], [0, 1, offset[1]]]), (size, size)
    )
    moved = cv2.GaussianBlur(moved, (0, 0), size * rng.uniform(0.008, 0.035))
    return background * (1 - rng.uniform(0.3, 0.65) * moved[..., None])


def develop(rng: np.random.Generator, image: np.ndarray, size: int) -> np.ndarray:
    """Simulate a camera: exposure, blur, sharpening, noise, JPEG.

    Real photographs are even sharper (``tools/analysis_tools/picture_statistics.py``).
    """
    exposure = np.exp(rng.normal(0, 0.18) + rng.normal(0, 0.05, 3))
    image = image * exposure.astype(np.float32)
    scale = size / 128
    if rng.random() < 0.35:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.9) * scale)
    if rng.random() < 0.08:
        image = _shaken(rng, image, int(rng.integers(3, 6) * scale))
    # A soft shoulder instead of hard clipping, then contrast.
    image = np.clip(image, 0, 1.6)
    over = np.clip(image - 0.75, 0, None)
    image = image - over * over / 1.7
    image = cv2.pow(image, rng.uniform(0.8, 1.25))
    image += rng.uniform(0, 0.7) * (image - cv2.GaussianBlur(image, (0, 0), 0.8 * scale))
    grain = rng.standard_normal(image.shape, dtype=np.float32)
    light = cv2.sqrt(np.clip(image, 0, 1))
    image += grain * (rng.uniform(0.001, 0.006) + rng.uniform(0, 0.008) * light)
    coded = cv2.imencode(
        '.jpg', to_bytes(image), [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 96))]
    )[1]
    return cv2.imdecode(coded, cv2.IMREAD_COLOR).astype(np.float32) / 255


def _shaken(rng: np.random.Generator, image: np.ndarray, length: int) -> np.ndarray:
    """Blur an image as if the camera moved by `length` px in a random direction."""
    kernel = np.zeros((length, length), dtype=np.float32)
    kernel[length // 2] = 1 / length
    middle = (length - 1) / 2
    turn = cv2.getRotationMatrix2D((middle, middle), rng.uniform(0, 180), 1)
    kernel = cv2.warpAffine(kernel, turn, (length, length))
    return cv2.filter2D(image, -1, kernel / max(kernel.sum(), 1e-3))


def to_bytes(image: np.ndarray) -> np.ndarray:
    """Convert an image in 0..1 to uint8."""
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
