"""Cameras as data sets define them."""

import numpy as np


def pinhole(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """Return ``focal`` [2] and ``principal_point`` [2], px, of an intrinsic matrix [3, 3].

    Raises:
        ValueError: It is not such a matrix, or has skew.
    """
    matrix = np.asarray(matrix, np.float64)
    if matrix.shape != (3, 3):
        raise ValueError(f'an intrinsic matrix of {matrix.shape}')
    focal, principal_point = np.diag(matrix)[:2], matrix[:2, 2]
    expected = np.column_stack([np.diag([*focal, 0])[:, :2], [*principal_point, 1]])
    if not np.allclose(matrix, expected, atol=1e-6):
        raise ValueError(f'the intrinsic matrix {matrix.tolist()}')
    return dict(focal=focal, principal_point=principal_point)


def project(points: np.ndarray, camera: dict[str, np.ndarray]) -> np.ndarray:
    """Project points [K, 3] along the camera's axes to pixels [K, 2].

    Args:
        points (np.ndarray): [K, 3], in any unit: x right, y down, z forward.
        camera (dict): As :func:`pinhole` returns it.

    Raises:
        ValueError: A point is not finite, or not in front of the camera.
    """
    return camera['focal'] * _rays(points) + camera['principal_point']


def fitted_pinhole(points: np.ndarray, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """Fit the camera, as :func:`pinhole` returns it, that best projects points to pixels.

    It is the least-squares fit for each axis.

    Args:
        points (np.ndarray): [N, 3], in any unit: x right, y down, z forward.
        pixels (np.ndarray): [N, 2], px.

    Raises:
        ValueError: A point is not finite, or not in front of the camera.
    """
    rays = _rays(points)
    middle = rays.mean(0)
    focal = ((rays - middle) * pixels).sum(0) / ((rays - middle) ** 2).sum(0)
    return dict(focal=focal, principal_point=pixels.mean(0) - focal * middle)


def _rays(points: np.ndarray) -> np.ndarray:
    if not np.isfinite(points).all() or (points[:, 2] <= 0).any():
        raise ValueError('points that are not in front of the camera')
    return points[:, :2] / points[:, 2:]
