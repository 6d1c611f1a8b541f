"""What the camera sees: visible surface points with normals, shadow and occlusion."""
from dataclasses import dataclass

import cv2
import numpy as np

from .camera import Camera
from .rasterizer import Fragments, rasterize
from .skinned_mesh import unit

_SHADOW_CELL = 4.5  # mm, no finer than the meshes
_SHADOW_OFFSET, _SHADOW_BIAS = 7., 4.  # mm


@dataclass
class Part:
    """A mesh in camera coordinates.

    Args:
        vertices (np.ndarray): [V, 3] in mm.
        normals (np.ndarray): Outward unit normals [V, 3].
        faces (np.ndarray): Triangles [F, 3].
        local (np.ndarray): Coordinates that textures use [V, 4]: place on the part in mm
            (3), way along the body's limb in mm.
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
        fragments (Fragments): Pixels and triangles, over the joined faces.
        part (np.ndarray): Index of the part [P].
        points (np.ndarray): Points in camera coordinates [P, 3] in mm.
        normals (np.ndarray): Unit normals [P, 3].
        local (np.ndarray): Texture coordinates [P, 4].
        openness (np.ndarray): 1 on open surface, less in creases and gaps [P].
    """
    size: int
    fragments: Fragments
    part: np.ndarray
    points: np.ndarray
    normals: np.ndarray
    local: np.ndarray
    openness: np.ndarray

    def image(self, values: np.ndarray, fill: float = 0.) -> np.ndarray:
        """Values [P] or [P, C] spread to a picture [size, size(, C)] float32."""
        out = np.full((self.size ** 2,) + values.shape[1:], fill, dtype=np.float32)
        out[self.fragments.index] = values
        return out.reshape((self.size, self.size) + values.shape[1:])


def render(parts: list, camera: Camera, size: int) -> Surface:
    """Find the visible surface of parts, nearest first.

    Args:
        parts (list[Part]): Meshes; faces of part i count before those of part i + 1.
        camera (Camera): Camera of a picture with `size` px a side.
        size (int): Width and height in px.
    """
    first = np.cumsum([0] + [len(p.vertices) for p in parts])
    faces = np.concatenate([p.faces + n for p, n in zip(parts, first)])
    vertices = np.concatenate([p.vertices for p in parts])
    depth = vertices[:, 2]
    uv = camera.project(vertices.clip((-np.inf, -np.inf, 1.), None))
    fragments = rasterize(uv, depth, faces, size)
    attributes = np.concatenate(
        [vertices, np.concatenate([p.normals for p in parts]),
         np.concatenate([p.local for p in parts])], axis=1).astype(np.float32)
    seen = fragments.interpolate(attributes, faces)
    part = np.searchsorted(np.cumsum([len(p.faces) for p in parts]),
                           fragments.face, side='right')
    surface = Surface(size, fragments, part, seen[:, :3], unit(seen[:, 3:6]),
                      seen[:, 6:], None)
    surface.openness = _openness(surface)
    return surface


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
        out -= np.clip((surface.points[:, 2] - mean - 1.) * .022, 0, .3)
    return out


def lit(parts: list, surface: Surface, to_light: np.ndarray,
        softness: int) -> np.ndarray:
    """Share of a distant light that reaches each visible point [P], in 0..1.

    Args:
        parts (list[Part]): The meshes that cast shadows.
        surface (Surface): The points.
        to_light (np.ndarray): Unit vector towards the light [3].
        softness (int): Width of the shadows' edges in px.
    """
    side = np.cross(to_light, (0., 1., 0.) if abs(to_light[1]) < .9 else (1., 0., 0.))
    axes = np.stack([side / np.linalg.norm(side), np.zeros(3), -to_light])
    axes[1] = np.cross(axes[2], axes[0])
    axes = axes.astype(np.float32)
    casters = np.concatenate([p.vertices for p in parts]) @ axes.T
    low = casters.min(axis=0)
    cells = ((casters[:, :2] - low[:2]) / _SHADOW_CELL).astype(np.int32) + 2
    shape = cells.max(axis=0) + 3
    order = np.argsort(-casters[:, 2], kind='stable')
    nearest = np.full(shape[::-1], 1e6, dtype=np.float32)
    nearest[cells[order, 1], cells[order, 0]] = casters[order, 2]
    nearest = cv2.erode(nearest, np.ones((3, 3), np.uint8))
    # Points are looked up a little off the surface, or slanted skin shades itself.
    points = (surface.points + _SHADOW_OFFSET * surface.normals) @ axes.T
    grid = (points[:, :2] - low[:2]) * (1 / _SHADOW_CELL) + 1.5
    depth = cv2.remap(nearest, grid[None], None, cv2.INTER_LINEAR,
                      borderValue=1e6)[0]
    free = (points[:, 2] < depth + _SHADOW_BIAS).astype(np.float32)
    width = 2 * softness + 1
    covered = surface.image(np.ones(len(free), dtype=np.float32))
    soft = cv2.blur(surface.image(free), (width, width)) / np.maximum(
        cv2.blur(covered, (width, width)), 1e-6)
    return soft.ravel()[surface.fragments.index]


@dataclass
class Light:
    """One distant light and a dome.

    Args:
        to_light (np.ndarray): Unit vector towards the light [3], camera coordinates.
        colour (np.ndarray): Its strength [3] (BGR).
        above (np.ndarray): The dome's strength overhead [3].
        below (np.ndarray): And from below [3].
        wrap (float): How far light reaches around the edge of the shade.
    """
    to_light: np.ndarray
    colour: np.ndarray
    above: np.ndarray
    below: np.ndarray
    wrap: float = .15

    def shade(self, surface: Surface, albedo: np.ndarray, gloss: np.ndarray,
              shadow) -> np.ndarray:
        """Colours [P, 3] of the points.

        Args:
            surface (Surface): The points.
            albedo (np.ndarray): [P, 3], BGR in 0..1.
            gloss (np.ndarray): Strength of the highlight [P].
            shadow (np.ndarray | float): Share of light that arrives [P].
        """
        normal = surface.normals
        to_light = self.to_light.astype(np.float32)
        facing = (normal @ to_light + self.wrap) * (1 / (1 + self.wrap))
        direct = np.clip(facing, 0, None) * shadow
        height = (.5 - .5 * normal[:, 1]) * surface.openness
        light = np.stack([
            height * (above - below) + (surface.openness * below + direct * colour)
            for above, below, colour in zip(
                self.above.tolist(), self.below.tolist(), self.colour.tolist())], 1)
        half = unit(to_light - unit(surface.points))
        shine = np.clip(np.einsum('pi,pi->p', normal, half), 0, 1)
        for _ in range(4):  # to the power of 16
            shine = shine * shine
        shine *= gloss * shadow
        return albedo * light + shine[:, None] * self.colour.astype(np.float32)
