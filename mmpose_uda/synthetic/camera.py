"""A perspective camera, and where to put a body in front of it."""

from dataclasses import dataclass

import numpy as np

NEAREST = 220.0  # mm from the camera to the nearest joint, at least


@dataclass
class Camera:
    """Pinhole camera, x right, y down, z forward; pixel centres are integers.

    Args:
        focal (float): Focal length in px, the same in x and y.
        centre (np.ndarray): Principal point [2] in px.
    """

    focal: float
    centre: np.ndarray

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixels [..., 2] of points [..., 3] in mm."""
        # by columns, since NumPy is slow on short rows
        scale = self.focal / points[..., 2]
        u = points[..., 0] * scale + self.centre[0]
        return np.stack([u, points[..., 1] * scale + self.centre[1]], axis=-1)

    def enlarged(self, factor: float) -> 'Camera':
        """The camera of the same picture with `factor` times the pixels per side."""
        return Camera(self.focal * factor, (self.centre + 0.5) * factor - 0.5)


def place(
    points: np.ndarray,
    radii: np.ndarray,
    camera: Camera,
    extent: float,
    target: np.ndarray,
    margin: float,
    size: int,
) -> np.ndarray:
    """Translation [3] (mm) that frames a body in a picture.

    Args:
        points (np.ndarray): Joints relative to the root [K, 3] in mm.
        radii (np.ndarray): Radius of the flesh around each joint [K] in mm.
        camera (Camera): The camera.
        extent (float): Desired longer side of the joints' box in px.
        target (np.ndarray): Desired centre of the flesh's box [2] in px.
        margin (float): Least distance of the flesh to the border in px.
        size (int): Width and height of the image in px.
    """
    box = points.max(axis=0) - points.min(axis=0)
    shift = np.array([0.0, 0.0, camera.focal * box[:2].max() / extent])
    for i in range(10):
        uv = camera.project(points + shift)
        if i < 6:
            # Move nearer or farther until the size fits, damped for wide lenses; the last
            # rounds only centre the body.
            ratio = (uv.max(axis=0) - uv.min(axis=0)).max() / extent
            shift[2] = max(shift[2] * ratio**0.7, NEAREST - points[:, 2].min())
        flesh = (camera.focal * radii / (points[:, 2] + shift[2]))[:, None]
        low, high = (uv - flesh).min(axis=0), (uv + flesh).max(axis=0)
        half = 0.5 * (high - low) + margin
        goal = np.where(
            2 * half < size,
            np.clip(target, half - 0.5, size - 0.5 - half),
            0.5 * (size - 1),
        )
        shift[:2] += (goal - 0.5 * (low + high)) * shift[2] / camera.focal
    return shift
