"""Place a root-relative pose in space, from a camera and the pixels of its keypoints."""

import numpy as np

_NEAREST = 100.0  # mm: no photographed joint is closer


def place_pose(
    pose: np.ndarray, points: np.ndarray, focal: np.ndarray, principal_point: np.ndarray
) -> np.ndarray:
    """Move a pose to where it projects onto its keypoints.

    A joint P + T lies on the ray r = (p - c) / f of its keypoint if P_xy + T_xy =
    r (P_z + T_z): two equations per joint that are linear in T, solved by least squares.
    For a pose that was lifted with the same camera
    (:func:`mmpose_uda.codecs.lift_root_relative`) the solution is exact. No joint comes
    nearer to the camera than 100 mm.

    Args:
        pose (np.ndarray): [K, 3], mm, relative to any origin.
        points (np.ndarray): [K, 2], px.
        focal (np.ndarray): [2], px.
        principal_point (np.ndarray): [2], px.

    Returns:
        np.ndarray: [K, 3], mm, along the camera's axes: x right, y down, z forward.
    """
    pose = np.asarray(pose, np.float64)
    rays = (np.asarray(points, np.float64) - principal_point) / focal
    shift = rays * pose[:, 2:] - pose[:, :2]  # T_xy - r T_z
    ray, mean_shift = rays.mean(0), shift.mean(0)
    spread = ((rays - ray) ** 2).sum()
    depth = -((rays - ray) * (shift - mean_shift)).sum() / max(spread, 1e-12)
    depth = max(depth, _NEAREST - pose[:, 2].min())
    return pose + np.array([*(mean_shift + ray * depth), depth])
