"""Rotation matrices from angles in degrees."""

import numpy as np


def rotation(axis: int, degrees: np.ndarray) -> np.ndarray:
    """Rotation matrices [N, 3, 3] around one coordinate axis by angles [N] in degrees."""
    angle = np.radians(np.asarray(degrees, dtype=np.float64))
    cos, sin = np.cos(angle), np.sin(angle)
    out = np.zeros(angle.shape + (3, 3))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out[..., axis, axis] = 1
    out[..., i, i] = out[..., j, j] = cos
    out[..., i, j], out[..., j, i] = -sin, sin
    return out


def swing(degrees: np.ndarray) -> np.ndarray:
    """Rotation matrices [..., 3, 3] of rotation vectors [..., 3] in degrees."""
    angle = np.linalg.norm(degrees, axis=-1)
    cross = _cross(degrees / np.maximum(angle, 1e-9)[..., None])
    sin, cos = (f(np.radians(angle))[..., None, None] for f in (np.sin, np.cos))
    return np.eye(3) + sin * cross + (1 - cos) * (cross @ cross)


def aligning(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The smallest rotation [3, 3] from a unit vector [3] to another, not its opposite."""
    cross = _cross(np.cross(first, second))
    return np.eye(3) + cross + cross @ cross / max(1 + first @ second, 1e-6)


def _cross(vectors: np.ndarray) -> np.ndarray:
    """Matrices [..., 3, 3] of the cross products with vectors [..., 3]."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1)
    return cross.reshape(x.shape + (3, 3))
