"""What the camera sees: visible surface points with normals and occlusion."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from .camera import Camera
from .rasterizer import Fragments, rasterize
from .skinned_mesh import unit


@dataclass
class Part:
    """A mesh in camera coordinates.

    Args:
        vertices (np.ndarray): [V, 3] in mm.
        normals (np.ndarray): Outward unit normals [V, 3].
        faces (np.ndarray): Triangles [F, 3].
        local (np.ndarray): Coordinates for textures [V, 4]: place on the part (3) and
            distance along the body's limb, in mm.
    """

    vertices: np.ndarray
    normals: np.ndarray
    faces: np.ndarray
    local: np.ndarray


@dataclass
class Surface:
    """The visible points of all parts in one square picture.

    Args:
        size (int): Width and height in px.
        fragments (Fragments): Pixels and triangles, indexed over the faces of all parts.
        part (np.ndarray): Index of each point's part [P].
        points (np.ndarray): Points in camera coordinates [P, 3] in mm.
        normals (np.ndarray): Unit normals [P, 3].
        local (np.ndarray): Texture coordinates [P, 4].

    Attributes:
        openness (np.ndarray): 1 on open surface, less in creases and gaps [P].
    """

    size: int
    fragments: Fragments
    part: np.ndarray
    points: np.ndarray
    normals: np.ndarray
    local: np.ndarray
    openness: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.openness = _openness(self)

    def image(self, values: np.ndarray, fill: float = 0.0) -> np.ndarray:
        """Write values [P] or [P, C] into a picture [size, size(, C)] float32."""
        out = np.full((self.size**2,) + values.shape[1:], fill, dtype=np.float32)
        out[self.fragments.index] = values
        return out.reshape((self.size, self.size) + values.shape[1:])


def render(parts: list[Part], camera: Camera, size: int) -> Surface:
    """Find the visible surface of parts.

    Args:
        parts (list[Part]): Meshes; faces of part i are numbered before those of part
            i + 1.
        camera (Camera): Camera of a picture with `size` px per side.
        size (int): Width and height in px.
    """
    first = np.cumsum([0] + [len(p.vertices) for p in parts])
    faces = np.concatenate([p.faces + n for p, n in zip(parts, first)])
    vertices = np.concatenate([p.vertices for p in parts])
    depth = vertices[:, 2]
    uv = camera.project(vertices.clip((-np.inf, -np.inf, 1.0), None))
    fragments = rasterize(uv, depth, faces, size)
    attributes = np.concatenate(
        [
            vertices,
            np.concatenate([p.normals for p in parts]),
            np.concatenate([p.local for p in parts]),
        ],
        axis=1,
    ).astype(np.float32)
    seen = fragments.interpolate(attributes, faces)
    part = np.searchsorted(
        np.cumsum([len(p.faces) for p in parts]), fragments.face, side='right'
    )
    return Surface(size, fragments, part, seen[:, :3], unit(seen[:, 3:6]), seen[:, 6:])


def _openness(surface: Surface) -> np.ndarray:
    """Cheap ambient occlusion: points behind the mean depth around them are dark."""
    covered = surface.image(np.ones(len(surface.part), dtype=np.float32))
    depth = surface.image(surface.points[:, 2])
    out = np.ones(len(surface.part), dtype=np.float32)
    for width in (surface.size // 24, surface.size // 10):
        box = (2 * width + 1, 2 * width + 1)
        around = cv2.blur(depth, box, borderType=cv2.BORDER_CONSTANT)
        share = cv2.blur(covered, box, borderType=cv2.BORDER_CONSTANT)
        mean = (around / np.maximum(share, 1e-6)).ravel()[surface.fragments.index]
        out -= np.clip((surface.points[:, 2] - mean - 1.0) * 0.022, 0, 0.3)
    return out
