"""Cameras as data sets write them."""

import numpy as np


def pinhole(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """``focal`` [2] and ``principal_point`` [2], px, of an intrinsic matrix [3, 3].

    Raises:
        ValueError: It is no such matrix, or its axes are not at right angles.
    """
    matrix = np.asarray(matrix, np.float64)
    focal, principal_point = np.diag(matrix)[:2], matrix[:2, 2]
    expected = np.column_stack([np.diag([*focal, 0])[:, :2], [*principal_point, 1]])
    if not np.allclose(matrix, expected, atol=1e-6):
        raise ValueError(f'the intrinsic matrix {matrix.tolist()}')
    return dict(focal=focal, principal_point=principal_point)
