"""The kinds of domain: clean renders, photographs, and pictures by infrared light.

A look decides on camera, framing, light and everything in the picture besides the body. It
is independent of the kind of body.
"""

from typing import Optional

import cv2
import numpy as np

from .appearance import object_albedo
from .backgrounds import cluttered_background, load_photos, plain_background
from .body import PosedBody
from .camera import Camera
from .ground import Ground, floor_mask, floor_picture, floor_shadow
from .lighting import Light, lit, studio_light
from .objects import carrier, held_bar, random_object
from .photography import cast_shadow, develop, infrared, infrared_light, photo_light
from .scene import Painted, Scene
from .surface import Part, Surface

_PER_HAND = 0.17  # drawn mm of a carrier per mm of a real body, at an object_scale of 1


class Look:
    """Base class of the looks.

    Attributes:
        name (str): Name of the domain, whose statistics of poses and views bodies use.
        supersampling (float): Drawn pixels per side for each pixel of the picture.
        company (tuple[float]): Shares of pictures with 0, 1, ... other bodies behind.
        clutter (tuple[float, float]): Share of bodies with a grip that hold something,
            and share of all bodies with something between the camera and them.

    Args:
        split (str): 'train' or 'test'.
    """

    name: str
    supersampling = 1.5
    company = (0.88, 0.12)
    clutter = (0.12, 0.1)

    def __init__(self, split: str) -> None:
        self.split = split

    def camera(self, rng: np.random.Generator, size: int) -> Camera:
        """The camera of one picture of size x size px."""
        raise NotImplementedError

    def framing(self, rng: np.random.Generator, size: int) -> tuple:
        """Longer side of the joints' box, the flesh's centre [2] and margin, in px."""
        raise NotImplementedError

    def objects(
        self,
        rng: np.random.Generator,
        posed: PosedBody,
        joints: np.ndarray,
        ground: Optional[Ground],
    ) -> list[Part]:
        """Objects around the body, for its joints [K, 3] and floor as placed (mm)."""
        mm, found = posed.object_scale * _PER_HAND, []
        held, hidden = self.clutter
        if ground and ground.carrier and rng.random() < 0.6:
            found.append(carrier(rng, ground, posed.view, mm))
        root = joints[0] - posed.joints[0]
        if posed.hands is not None and rng.random() < 0.07:
            found.append(held_bar(rng, root + posed.hands, mm))
        if posed.grip is not None and rng.random() < held:
            axes = posed.view @ small_rotation(rng, 0.35)
            centre = root + posed.grip + rng.normal(0, 6, 3)
            found.append(random_object(rng, centre, axes, posed.object_scale))
        if rng.random() < hidden:
            found += obstacle(rng, joints, posed.object_scale)
        return found

    def others(self, rng: np.random.Generator) -> int:
        """How many other bodies are behind the body."""
        return int(rng.choice(len(self.company), p=self.company))

    def picture(
        self,
        rng: np.random.Generator,
        scene: Scene,
        size: int,
    ) -> np.ndarray:
        """Light a scene and lay it over a background.

        Args:
            rng (np.random.Generator): Source of randomness.
            scene (Scene): What is in front of the camera.
            size (int): Width and height in px.

        Returns:
            np.ndarray: [size, size, 3] float32 in 0..1 (BGR).
        """
        raise NotImplementedError


class RenderedLook(Look):
    """Synthetic pictures: one lamp, plain backgrounds, few objects."""

    name = 'rendered'

    def camera(self, rng, size):
        """A normal to tele lens, with the principal point in the middle."""
        focal = size * np.exp(rng.uniform(np.log(1.4), np.log(4.0)))
        return Camera(focal, np.full(2, 0.5 * (size - 1)))

    def framing(self, rng, size):
        """The body in the middle."""
        return (
            size * rng.uniform(0.56, 0.74),
            0.5 * (size - 1) + size * rng.normal(0, 0.03, 2),
            0.02 * size,
        )

    def picture(self, rng, scene, size):
        """Soft light from any side of the camera (from above if there is a floor)."""
        light, softness = studio_light(rng)
        if scene.ground:
            light.to_light[1] = -abs(light.to_light[1])
        background = plain_background(rng, size)
        if scene.ground and rng.random() < 0.5:
            floor = plain_background(rng, size)
            background = on_floor(rng, background, floor, scene, light, size)
        image = with_bodies(rng, background, scene, light, softness, size)
        if rng.random() < 0.4:
            image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.8) * size / 128)
        return image


class PhotoLook(Look):
    """Photographs: clutter, objects, hard light and a real camera's faults."""

    name = 'photo'
    company = (0.62, 0.26, 0.12)
    clutter = (0.25, 0.28)

    def __init__(self, split: str) -> None:
        super().__init__(split)
        self.photos = load_photos(split)

    def camera(self, rng, size):
        """A wide to tele lens, off-centre as in pictures cropped from larger ones."""
        focal = size * np.exp(rng.uniform(np.log(1.1), np.log(4.5)))
        return Camera(focal, 0.5 * (size - 1) + size * rng.normal(0, 0.15, 2))

    def framing(self, rng, size):
        """The body smaller or larger, often off the middle."""
        return (
            size * rng.uniform(0.5, 0.76),
            0.5 * (size - 1) + size * rng.normal(0, 0.1, 2),
            0.02 * size,
        )

    def picture(self, rng, scene, size):
        """Lamp- or sunlight, a cluttered background, and a real camera."""
        light, softness = self.light(rng)
        gloss = rng.uniform(0.1, 1.0)
        background = cluttered_background(rng, self.photos, size)
        if scene.ground and rng.random() < 0.75:
            unit_mm = np.exp(rng.uniform(np.log(1500), np.log(9000))) / scene.scale
            floor = floor_picture(rng, scene.ground, scene.camera, size, unit_mm)
            background = on_floor(rng, background, floor, scene, light, size)
        else:
            background = cast_shadow(rng, background, scene.front.surface, light, size)
        background *= (light.above.mean() + light.colour.mean()) * np.float32(0.75)
        image = with_bodies(rng, background, scene, light, softness, size, gloss)
        return self.develop(rng, image, size)

    def light(self, rng: np.random.Generator) -> tuple[Light, int]:
        """Light of a picture, with the softness of its edge in px."""
        return photo_light(rng)

    def develop(self, rng: np.random.Generator, image: np.ndarray, size: int) -> np.ndarray:
        """Simulate the camera that takes an image [size, size, 3]."""
        return develop(rng, image, size)


class InfraredLook(PhotoLook):
    """Pictures of a camera that sees by its own infrared lamps, without colours."""

    def light(self, rng):
        """Lamps around the lens."""
        return infrared_light(rng)

    def develop(self, rng, image, size):
        """What is far from the middle gets less of the lamps' light; grain; no colours."""
        image = develop(rng, infrared(rng, image, size), size)
        return np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2)


def with_bodies(
    rng: np.random.Generator,
    background: np.ndarray,
    scene: Scene,
    light: Light,
    softness: int,
    size: int,
    gloss: float = 1.0,
) -> np.ndarray:
    """Lay the bodies of a scene over a background [size, size, 3], the front one last.

    Args:
        rng (np.random.Generator): Source of randomness.
        background (np.ndarray): What is behind all of them.
        scene (Scene): What is in front of the camera.
        light (Light): The light.
        softness (int): Width of the edges of shadows on the front body, drawn px.
        size (int): Width and height in px.
        gloss (float): Factor on the front body's gloss.

    Returns:
        np.ndarray: [size, size, 3].
    """
    image = background
    for one in scene.behind:
        image = compose(image, one.surface, shaded(rng, one, light), size)
    front = scene.front
    shadow = lit(front.parts, front.surface, light.to_light, softness)
    return compose(image, front.surface, shaded(rng, front, light, gloss, shadow), size)


def obstacle(rng: np.random.Generator, joints: np.ndarray, scale: float) -> list[Part]:
    """Put an object between the camera and a body, or none.

    If it would hide too many joints, another place is tried, a few times.

    Args:
        rng (np.random.Generator): Source of randomness.
        joints (np.ndarray): Joints of the body as placed [K, 3] in mm.
        scale (float): Size of objects around it, relative to those around a hand.
    """
    for _ in range(8):
        centre = joints[rng.integers(len(joints))] * rng.uniform(0.72, 0.88)
        angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(5, 40)
        centre[:2] += away * np.array([np.cos(angle), np.sin(angle)])
        thing = random_object(rng, centre, small_rotation(rng, 2.0), scale)
        if covered(thing, joints) < 0.4:
            return [thing]
    return []


def shaded(
    rng: np.random.Generator,
    front: Painted,
    light: Light,
    gloss: float = 1.0,
    shadow: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Colours [P, 3] of all visible points of the body and of objects.

    Args:
        rng (np.random.Generator): Source of randomness.
        front (Painted): The points.
        light (Light): The light.
        gloss (float): Factor on the gloss.
        shadow (np.ndarray | float): Share of light that reaches each point [P].
    """
    surface = front.surface
    albedo = np.empty((len(surface.part), 3), dtype=np.float32)
    shine = np.empty(len(surface.part), dtype=np.float32)
    body = surface.part == 0
    albedo[body], shine[body] = front.albedo, front.gloss
    for i in range(1, len(front.parts)):
        here = surface.part == i
        albedo[here] = object_albedo(rng, surface.local[here])
        shine[here] = rng.uniform(0, 0.5)
    return light.shade(surface, albedo, shine * gloss, shadow)


def on_floor(
    rng: np.random.Generator,
    wall: np.ndarray,
    floor: np.ndarray,
    scene: Scene,
    light: Light,
    size: int,
) -> np.ndarray:
    """Draw a floor [size, size, 3] with the body's shadow in front of a wall."""
    ground, body = scene.ground, scene.front.parts[0]
    distance = ground.point[2] * np.exp(rng.uniform(np.log(1.1), np.log(8)))
    mask = floor_mask(ground, scene.camera, distance, size)[..., None]
    dark = floor_shadow(rng, body, ground, scene.camera, light.to_light, size)
    return wall + mask * (floor * (1 - dark) - wall)


def compose(
    background: np.ndarray, surface: Surface, colours: np.ndarray, size: int
) -> np.ndarray:
    """Lay colours [P, 3] over a background [size, size, 3], with soft edges."""
    front = np.concatenate([colours, np.ones_like(colours[:, :1])], axis=1)
    front = surface.image(front)
    front = cv2.resize(front, (size, size), interpolation=cv2.INTER_AREA)
    return background * (1 - front[..., 3:]) + front[..., :3]


def covered(thing: Part, joints: np.ndarray) -> float:
    """Share of joints [K, 3] behind an object's bounding box, seen from the camera."""
    outline = thing.vertices[:, :2] / thing.vertices[:, 2:]
    seen = joints[:, :2] / joints[:, 2:]
    inside = (seen > outline.min(axis=0)) & (seen < outline.max(axis=0))
    return inside.all(axis=1).mean()


def small_rotation(rng: np.random.Generator, amount: float) -> np.ndarray:
    """Rotation [3, 3] by about `amount` rad around a random axis."""
    return cv2.Rodrigues(rng.normal(0, amount / np.sqrt(3), 3))[0]


LOOKS = dict(rendered=RenderedLook, photo=PhotoLook, infrared=InfraredLook)
