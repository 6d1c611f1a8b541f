"""Light on surfaces: diffuse light, highlights, a dome, and cast shadows."""

from dataclasses import dataclass

import cv2
import numpy as np

from .skinned_mesh import unit
from .surface import Part, Surface

_SHADOW_CELL = 4.5  # mm, no finer than the meshes
_SHADOW_OFFSET, _SHADOW_BIAS, _SHADOW_FADE = 7.0, 4.0, 5.0  # mm


def lit(
    parts: list[Part], surface: Surface, to_light: np.ndarray, softness: int
) -> np.ndarray:
    """Share of a distant light that reaches each visible point [P], in 0..1.

    Args:
        parts (list[Part]): The meshes that cast shadows.
        surface (Surface): The points.
        to_light (np.ndarray): Unit vector towards the light [3].
        softness (int): Width of the shadows' edges in px.
    """
    side = np.cross(
        to_light, (0.0, 1.0, 0.0) if abs(to_light[1]) < 0.9 else (1.0, 0.0, 0.0)
    )
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
    # Look points up slightly off the surface, as slanted skin would shade itself.
    points = (surface.points + _SHADOW_OFFSET * surface.normals) @ axes.T
    # As a picture, since OpenCV takes no lists of more than 32,767 points.
    grid = surface.image((points[:, :2] - low[:2]) * (1 / _SHADOW_CELL) + 1.5)
    depth = cv2.remap(nearest, grid, None, cv2.INTER_LINEAR, borderValue=1e6)
    depth = depth.ravel()[surface.fragments.index]
    # fade gradually, as a hard edge would show the cells
    free = np.clip((depth + _SHADOW_BIAS - points[:, 2]) * (1 / _SHADOW_FADE) + 0.5, 0, 1)
    width = 2 * softness + 1
    covered = surface.image(np.ones(len(free), dtype=np.float32))
    soft = cv2.blur(surface.image(free), (width, width)) / np.maximum(
        cv2.blur(covered, (width, width)), 1e-6
    )
    return soft.ravel()[surface.fragments.index]


@dataclass
class Light:
    """One distant light and a dome.

    Args:
        to_light (np.ndarray): Unit vector towards the light [3], camera coordinates.
        colour (np.ndarray): Its strength [3] (BGR).
        above (np.ndarray): The dome's strength overhead [3].
        below (np.ndarray): Its strength from below [3].
        wrap (float): How far light reaches around the edge of the shade.
    """

    to_light: np.ndarray
    colour: np.ndarray
    above: np.ndarray
    below: np.ndarray
    wrap: float = 0.15

    def shade(
        self,
        surface: Surface,
        albedo: np.ndarray,
        gloss: np.ndarray,
        shadow: np.ndarray | float,
    ) -> np.ndarray:
        """Colours [P, 3] of the points.

        Args:
            surface (Surface): The points.
            albedo (np.ndarray): [P, 3], BGR in 0..1.
            gloss (np.ndarray): Strength of the highlight [P].
            shadow (np.ndarray | float): Share of light that reaches each point [P].
        """
        normal = surface.normals
        to_light = self.to_light.astype(np.float32)
        facing = (normal @ to_light + self.wrap) * (1 / (1 + self.wrap))
        direct = np.clip(facing, 0, None) * shadow
        height = (0.5 - 0.5 * normal[:, 1]) * surface.openness
        light = np.stack(
            [
                height * (above - below) + (surface.openness * below + direct * colour)
                for above, below, colour in zip(
                    self.above.tolist(), self.below.tolist(), self.colour.tolist()
                )
            ],
            1,
        )
        half = unit(to_light - unit(surface.points))
        shine = np.clip(np.einsum('pi,pi->p', normal, half), 0, 1)
        for _ in range(4):  # to the power of 16
            shine = shine * shine
        shine *= gloss * shadow
        return albedo * light + shine[:, None] * self.colour.astype(np.float32)


def studio_light(rng: np.random.Generator) -> tuple[Light, int]:
    """A large white lamp on any side of the camera, with its edge softness in px."""
    to_light = unit(
        np.array([rng.uniform(-1.2, 1.2), rng.uniform(-1.2, 0.5), -rng.uniform(0.4, 1.2)])
    )
    share = rng.uniform(0.3, 0.75)
    dome = 1.15 * (1 - share)
    light = Light(
        to_light,
        np.full(3, 1.15 * share) * np.exp(rng.normal(0, 0.03, 3)),
        np.full(3, dome) * rng.uniform(0.85, 1.1),
        np.full(3, dome) * rng.uniform(0.5, 1.0),
    )
    return light, int(rng.integers(2, 6))
