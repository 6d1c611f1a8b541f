"""From pixels and relative depth to a metric, root-relative pose.

One image does not show how large a hand is, so the scale comes from a prior: the total
bone length of the skeleton. With it, the millimetres per pixel at the root follow in
closed form up to a one-dimensional, monotone equation.
"""

from typing import Optional, Sequence

import numpy as np

_NEWTON_STEPS = 12


def lift_root_relative(
    points: np.ndarray,
    depth: np.ndarray,
    skeleton: Sequence[tuple[int, int]],
    total_length: float,
    root: int = 0,
    focal: Optional[np.ndarray] = None,
    principal_point: Optional[np.ndarray] = None,
) -> np.ndarray:
    """Root-relative 3D poses whose bones add up to ``total_length``.

    A keypoint at depth ``Z_0 + z`` on the ray ``r = (p - c) / f`` lies at ``r (Z_0 + z)``.
    Relative to the root that is ``s (r - r_0) + r z`` with the unknown ``s = Z_0`` in mm.
    Without a camera pixels stand for rays and the second, perspective term is dropped
    (weak perspective); ``s`` is then in mm per px. The sum of bone lengths is convex in
    ``s``; Newton's method starts right of the solution and descends to it.

    Args:
        points (np.ndarray): [N, K, 2], px.
        depth (np.ndarray): [N, K], mm relative to the root.
        skeleton (Sequence[tuple[int, int]]): Bones as pairs of keypoint indices.
        total_length (float): Sum of all bone lengths, mm.
        root (int): Root keypoint.
        focal (np.ndarray, optional): [N, 2], px, in the pixels of ``points``.
        principal_point (np.ndarray, optional): [N, 2], px.

    Returns:
        np.ndarray: [N, K, 3], mm, the root at the origin. If the depths alone exceed
        ``total_length``, no scale fits, and the result is finite but longer.
    """
    bones = np.asarray(skeleton)
    depth = depth - depth[:, root : root + 1]
    shift = np.zeros_like(points)
    if focal is not None and principal_point is not None:
        points = (points - principal_point[:, None]) / focal[:, None]
        shift = points * depth[..., None]
    lateral = points - points[:, root : root + 1]

    def along_bones(values: np.ndarray) -> np.ndarray:
        return values[:, bones[:, 1]] - values[:, bones[:, 0]]

    scale = _solve_scale(
        along_bones(lateral), along_bones(shift), along_bones(depth), total_length
    )
    xy = scale[:, None, None] * lateral + shift
    return np.concatenate([xy, depth[..., None]], axis=-1)


def _solve_scale(
    lateral: np.ndarray, shift: np.ndarray, depth: np.ndarray, total_length: float
) -> np.ndarray:
    """s >= 0 with sum_b sqrt(|s lateral_b + shift_b|^2 + depth_b^2) = total_length, [N].

    Args:
        lateral (np.ndarray): [N, bones, 2], px, or rays without unit.
        shift (np.ndarray): [N, bones, 2], mm.
        depth (np.ndarray): [N, bones], mm.
    """
    spread = np.linalg.norm(lateral, axis=-1).sum(-1)
    offset = np.linalg.norm(shift, axis=-1).sum(-1)
    # |s a + b| >= s |a| - |b|: at this scale the bones are at least as long as required.
    scale = (total_length + offset) / np.maximum(spread, 1e-6)
    for _ in range(_NEWTON_STEPS):
        xy = scale[:, None, None] * lateral + shift
        length = np.sqrt((xy**2).sum(-1) + depth**2 + 1e-12)
        slope = ((xy * lateral).sum(-1) / length).sum(-1)
        excess = length.sum(-1) - total_length
        step = excess / np.maximum(slope, 1e-6)
        # A step beyond the minimum means that no solution exists: halve towards it.
        scale = np.where(step < scale, scale - step, 0.5 * scale)
    return scale
