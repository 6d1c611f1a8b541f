"""The floor that a body rests on: poses are turned until their supports touch it."""

import numpy as np

from .rotations import swing
from .skeleton import Skeleton, both_sides, mirror_joint

_ROUNDS = 3
_STIFF = 30.0  # mm: supports closer together than this hardly turn the body


class Floor:
    """Balls of the flesh that can touch the floor.

    Args:
        skeleton (Skeleton): The bones.
        balls (dict): Name -> (joint, its centre from there [3] in the frame of the bone,
            radius in mm); ``side_`` in a name means one on each side.
    """

    def __init__(self, skeleton: Skeleton, balls: dict) -> None:
        balls = both_sides(balls, mirror_joint)
        self.names = list(balls)
        joints, offsets, radii = zip(*balls.values())
        self._joints = np.array([skeleton.joints.index(joint) for joint in joints])
        self._offsets = np.array(offsets, dtype=float)
        self.radii = np.array(radii, dtype=float)

    def centres(
        self, joints: np.ndarray, frames: np.ndarray, stretch: np.ndarray
    ) -> np.ndarray:
        """The balls' centres [N, P, 3] in mm.

        Args:
            joints (np.ndarray): Joints [N, J, 3] in mm.
            frames (np.ndarray): Frames of their bones [N, J or more, 3, 3].
            stretch (np.ndarray): The individual's bones [J, 3].
        """
        offsets = stretch[self._joints] * self._offsets
        turned = np.einsum('npij,pj->npi', frames[:, self._joints], offsets)
        return joints[:, self._joints] + turned

    def chosen(self, support: tuple) -> np.ndarray:
        """Indices [S] of the balls of these names, ``side_`` ones on both sides."""
        wanted = both_sides(dict.fromkeys(support))
        return np.array([i for i, name in enumerate(self.names) if name in wanted], int)

    def settle(self, centres: np.ndarray, support: np.ndarray) -> tuple:
        """Turn bodies just enough to rest on a level floor.

        A plane is fitted to the lowest points of the supports and made level, repeatedly
        since turning moves the lowest points of the balls.

        Args:
            centres (np.ndarray): The balls' centres [N, P, 3] in mm.
            support (np.ndarray): Indices of balls that must touch the floor [S], may be
                empty.

        Returns:
            tuple: Rotations [N, 3, 3] of the bodies, heights of the balls' lowest points
            above the floor [N, P] in mm, and the floor's height [N]. Without supports
            nothing turns, and the floor is under the lowest ball.
        """
        turn = np.broadcast_to(np.eye(3), (len(centres), 3, 3))
        if len(support):
            radii = self.radii[support]
            for _ in range(_ROUNDS):
                points = centres[:, support] @ turn.swapaxes(1, 2)
                turn = _levelling(points, radii) @ turn
        low = (centres @ turn.swapaxes(1, 2))[..., 1] - self.radii
        floor = low[:, support].mean(axis=1) if len(support) else low.min(axis=1)
        return turn, low - floor[:, None], floor


def _levelling(points: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Rotations [N, 3, 3] that level the plane under balls at points [N, S, 3]."""
    points = points - points.mean(axis=1, keepdims=True)
    low = points[..., 1] - (radii - radii.mean())
    flat = points[..., ::2]
    square = flat.swapaxes(1, 2) @ flat + len(radii) * _STIFF**2 * np.eye(2)
    slope = np.linalg.solve(square, flat.swapaxes(1, 2) @ low[..., None])[..., 0]
    # The plane rises along x and z: its normal is (-slope_x, 1, -slope_z).
    length = np.linalg.norm(slope, axis=1, keepdims=True)
    angle = np.degrees(np.arctan(length))
    axis = np.stack([-slope[:, 1], np.zeros(len(slope)), slope[:, 0]], axis=1)
    return swing(-angle * axis / np.maximum(length, 1e-9))
