"""What is in front of the camera: a body, objects, its floor, other bodies behind."""

from dataclasses import dataclass, field
from typing import Optional

import numpy as np

from .body import Body, PosedBody
from .camera import Camera
from .ground import Ground
from .rotations import aligning
from .surface import Part, Surface, render


@dataclass
class Painted:
    """Visible points and their colours.

    Args:
        surface (Surface): The points; part 0 is a body.
        parts (list[Part]): The meshes, for shadows.
        albedo (np.ndarray): Albedo of the points of part 0 [B, 3], BGR in 0..1.
        gloss (np.ndarray): Gloss of the points of part 0 [B].
    """

    surface: Surface
    parts: list[Part]
    albedo: np.ndarray
    gloss: np.ndarray


@dataclass
class Scene:
    """Everything from which a look makes a picture.

    Args:
        camera (Camera): The camera.
        front (Painted): The body and the objects around it.
        ground (Ground, optional): The floor.
        behind (list[Painted]): Other bodies behind, the farthest first.
        scale (float): mm of the real body per mm drawn.
    """

    camera: Camera
    front: Painted
    ground: Optional[Ground] = None
    behind: list[Painted] = field(default_factory=list)
    scale: float = 1.0


def body_part(body: Body, posed: PosedBody, shift: np.ndarray) -> Part:
    """The mesh of a posed body, shifted by [3] mm."""
    local = np.concatenate([body.mesh.vertices, posed.limb[:, None]], axis=1)
    return Part(
        (posed.vertices + shift).astype(np.float32),
        posed.normals.astype(np.float32),
        body.faces,
        local.astype(np.float32),
    )


def painted(
    rng: np.random.Generator,
    body: Body,
    domain: str,
    outfit,
    parts: list[Part],
    camera: Camera,
    size: int,
) -> Painted:
    """Find the visible points of parts, the first of which is the body, and colour that.

    Args:
        rng (np.random.Generator): Source of randomness.
        body (Body): The body.
        domain (str): 'rendered' or 'photo'.
        outfit: What it wears.
        parts (list[Part]): The meshes.
        camera (Camera): Camera of a picture with `size` px per side.
        size (int): Width and height in px.
    """
    surface = render(parts, camera, size)
    here = surface.part == 0
    face = surface.fragments.face[here]
    colours = body.paint(rng, domain, outfit, surface.local[here], face)
    return Painted(surface, parts, *colours)


def bystander(
    rng: np.random.Generator,
    body: Body,
    domain: str,
    ground: Ground,
    camera: Camera,
    size: int,
) -> Painted:
    """Draw another body on the same floor, beside the first and farther from the camera.

    Args:
        rng (np.random.Generator): Source of randomness.
        body (Body): A kind of body that has a floor.
        domain (str): 'rendered' or 'photo'.
        ground (Ground): The floor under the first body.
        camera (Camera): Camera of a picture with `size` px per side.
        size (int): Width and height in px.
    """
    posed = body.sample(rng, domain)
    turn = aligning(posed.ground.up, ground.up)
    posed.vertices, posed.normals = posed.vertices @ turn.T, posed.normals @ turn.T
    right, away = ground.axes()
    depth = rng.uniform(1.25, 2.5)
    place = ground.point + (depth - 1) * ground.point[2] * away
    # beside the first body, by a share of the picture's width at that depth
    width = place[2] * size / camera.focal
    aside = rng.choice((-1, 1)) * rng.uniform(0.12, 0.5) * width
    place = place + aside * right
    outfit = body.dress(rng, domain, posed)
    part = body_part(body, posed, place - turn @ posed.ground.point)
    return painted(rng, body, domain, outfit, [part], camera, size)
