"""The floor under a body: its place, its picture and the shadows on it."""

from dataclasses import dataclass, replace
from typing import Optional

import cv2
import numpy as np

from .backgrounds import noise, paint, texture
from .camera import Camera
from .surface import Part

_TILE = 256  # px of a floor's texture


@dataclass(frozen=True)
class Ground:
    """A floor in camera axes, and what else carries the body.

    Args:
        point (np.ndarray): Point of the floor under the body [3] in mm.
        up (np.ndarray): Its unit normal [3].
        carrier (str): 'bench' or 'bar' if something else carries the body.
        carried (np.ndarray, optional): Where it carries the body [3] in mm.
    """

    point: np.ndarray
    up: np.ndarray
    carrier: str = ''
    carried: Optional[np.ndarray] = None

    def moved(self, shift: np.ndarray) -> 'Ground':
        """The same floor, shifted by [3] mm."""
        carried = None if self.carried is None else self.carried + shift
        return replace(self, point=self.point + shift, carried=carried)

    def axes(self) -> tuple[np.ndarray, np.ndarray]:
        """Unit vectors on the floor: to the right of the camera, and away from it."""
        right = np.cross((0.0, 0.0, 1.0), self.up)
        right /= np.linalg.norm(right)
        return right, np.cross(self.up, right)

    def drop(self, points: np.ndarray, along: np.ndarray) -> np.ndarray:
        """Where points [P, 3] meet the floor when they move along a direction [3]."""
        way = ((self.point - points) @ self.up) / (along @ self.up)
        return points + way[:, None] * along


def floor_mask(ground: Ground, camera: Camera, wall: float, size: int) -> np.ndarray:
    """Share of each pixel [size, size] that shows the floor, not the wall behind it.

    Args:
        ground (Ground): The floor in camera axes.
        camera (Camera): The camera.
        wall (float): Depth of the wall in mm, where the floor ends.
        size (int): Width and height in px.
    """
    down, level = _rays(ground, camera, size)
    if level >= 0:  # the camera is below it
        return np.zeros((size, size), np.float32)
    # depth = level / down: nearer than the wall where down < level / wall
    step = abs(ground.up[1]) / camera.focal
    return np.clip((level / wall - down) / step + 0.5, 0, 1).astype(np.float32)


def floor_picture(
    rng: np.random.Generator, ground: Ground, camera: Camera, size: int, unit: float
) -> np.ndarray:
    """A floor with boards, tiles, cloth or clouds [size, size, 3] in 0..1.

    Args:
        rng (np.random.Generator): Source of randomness.
        ground (Ground): The floor as the camera sees it.
        camera (Camera): The camera.
        size (int): Width and height in px.
        unit (float): Side in mm of the area that the texture covers.
    """
    tile = (texture(rng, _TILE) if rng.random() < 0.5 else _mottled(rng)).astype(np.float32)
    tile += rng.uniform(0, 0.9) * (tile.mean(axis=(0, 1)) - tile)
    turn = rng.uniform(0, np.pi)
    right, away = ground.axes()
    first = np.cos(turn) * right + np.sin(turn) * away
    second = np.cos(turn) * away - np.sin(turn) * right
    level = ground.point @ ground.up
    ray = np.array(
        [
            [1 / camera.focal, 0, -camera.centre[0] / camera.focal],
            [0, 1 / camera.focal, -camera.centre[1] / camera.focal],
            [0, 0, 1],
        ]
    )
    to_tile = np.stack([first, second]) * (_TILE / unit)
    home = np.vstack([to_tile, ground.up / level]) @ ray
    # start in the middle of the texture, which is mirrored at its borders
    home[:2] += 0.5 * _TILE * home[2]
    return cv2.warpPerspective(
        tile,
        home,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )


def floor_shadow(
    rng: np.random.Generator,
    part: Part,
    ground: Ground,
    camera: Camera,
    to_light: np.ndarray,
    size: int,
) -> np.ndarray:
    """How dark the floor is under and beside a body [size, size, 1] in 0..1.

    Args:
        rng (np.random.Generator): Source of randomness.
        part (Part): The body's mesh.
        ground (Ground): The floor as the camera sees it.
        camera (Camera): The camera.
        to_light (np.ndarray): Unit vector towards the light [3].
        size (int): Width and height in px.
    """
    points = part.vertices[::3]
    low = (points - ground.point) @ ground.up < 18
    contact = _blot(ground.drop(points[low], ground.up), camera, size, 0.012)
    dark = rng.uniform(0.5, 0.9) * contact
    if to_light @ ground.up > 0.25:
        shade = _blot(ground.drop(points, to_light), camera, size, rng.uniform(0.004, 0.02))
        dark = np.maximum(dark, rng.uniform(0.2, 0.6) * shade)
    return dark[..., None]


def _blot(points: np.ndarray, camera: Camera, size: int, blur: float) -> np.ndarray:
    """Blurred picture [size, size] in 0..1 of dense points [P, 3]."""
    out = np.zeros((size, size), dtype=np.float32)
    points = points[points[:, 2] > 1]
    u, v = np.rint(camera.project(points)).T
    inside = (u >= 0) & (v >= 0) & (u < size) & (v < size)
    out[v[inside].astype(int), u[inside].astype(int)] = 1
    out = cv2.dilate(out, np.ones((3, 3), np.uint8), iterations=max(1, size // 100))
    return cv2.GaussianBlur(out, (0, 0), blur * size + 0.5)


def _rays(ground: Ground, camera: Camera, size: int) -> tuple[np.ndarray, float]:
    """Height of pixels' rays along `up` at depth 1, and that of the floor."""
    axis = np.arange(size)
    u, v = ((axis - c) / camera.focal for c in camera.centre)
    x, y, z = ground.up
    return (x * u)[None] + (y * v)[:, None] + z, ground.point @ ground.up


def _mottled(rng: np.random.Generator) -> np.ndarray:
    """Grass, sand, carpet or stone."""
    grain = 0.5 * (noise(rng, _TILE, _TILE // 6) + noise(rng, _TILE, 10))
    return paint(rng) * (0.6 + 0.6 * grain[..., None])
