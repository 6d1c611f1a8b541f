"""Make one labelled picture of a body."""

from dataclasses import dataclass

import cv2
import numpy as np

from .body import Labelled
from .camera import Camera, place
from .photography import to_bytes
from .scene import Scene, body_part, bystander, painted
from .surface import Surface

# A joint counts as visible if the surface in front of it is nearer than this factor times
# the radius of its own flesh, plus a margin.
_FLESH_FACTOR, _FLESH_MARGIN = 1.4, 3.0  # the margin in mm


@dataclass
class Sample:
    """A picture and its labels.

    Args:
        image (np.ndarray): uint8 BGR [size, size, 3].
        mask (np.ndarray): uint8 [size, size], 255 where a visible part of the body counts
            as foreground; 0 on objects.
        camera (Camera): The camera.
        keypoints_3d (np.ndarray): Joints [K, 3] in mm of the real body, camera
            coordinates.
        keypoints (np.ndarray): Their projections [K, 2] in px.
        inside (np.ndarray): Whether each joint is in the picture [K].
        visible (np.ndarray): Whether, in addition, nothing hides its flesh [K].
        bbox (np.ndarray): Box x, y, w, h of the body without its limb in px.
    """

    image: np.ndarray
    mask: np.ndarray
    camera: Camera
    keypoints_3d: np.ndarray
    keypoints: np.ndarray
    inside: np.ndarray
    visible: np.ndarray
    bbox: np.ndarray


def make_sample(rng: np.random.Generator, body, look, size: int) -> Sample:
    """Pose, place, draw and label one body.

    Args:
        rng (np.random.Generator): Source of all randomness of the sample.
        body (Body): The body to draw.
        look (Look): How to draw it.
        size (int): Width and height of the picture in px.
    """
    camera = look.camera(rng, size)
    posed = body.sample(rng, look.name)
    extent, *framing = look.framing(rng, size)
    extent *= body.filling
    framed = slice(None) if posed.framed is None else posed.framed
    shift = place(
        posed.joints[framed], body.joint_radii[framed], camera, extent, *framing, size
    )
    joints = posed.joints + shift
    outfit = body.dress(rng, look.name, posed)
    ground = posed.ground and posed.ground.moved(shift)
    parts = [body_part(body, posed, shift)]
    parts += look.objects(rng, posed, joints, ground)

    fine = int(round(size * look.supersampling))
    sharp = camera.enlarged(fine / size)
    front = painted(rng, body, look.name, outfit, parts, sharp, fine)
    behind = [
        bystander(rng, body, look.name, ground, camera, size)
        for _ in range(look.others(rng) if ground else 0)
    ]
    image = look.picture(rng, Scene(camera, front, ground, behind, body.scale), size)

    surface = front.surface
    on_body = surface.part == 0
    skin = on_body & body.covers(outfit, surface.local)
    coverage = cv2.resize(
        surface.image(skin.astype(np.float32)),
        (size, size),
        interpolation=cv2.INTER_AREA,
    )
    mask = np.where(coverage >= 0.5, 255, 0).astype(np.uint8)
    labelled = posed.labelled or Labelled(posed.joints, body.joint_radii)
    keypoints_3d = labelled.joints + shift
    keypoints = camera.project(keypoints_3d)
    inside = ((keypoints >= 0) & (keypoints <= size - 1)).all(axis=1)
    outline = camera.project(parts[0].vertices[posed.limb < 0])
    return Sample(
        to_bytes(image),
        mask,
        camera,
        keypoints_3d * body.scale,
        keypoints,
        inside,
        inside
        & _visible(surface, sharp, keypoints_3d, labelled.radii, skin)
        & _covered(mask, keypoints),
        _box(outline, keypoints, size),
    )


def _visible(
    surface: Surface,
    camera: Camera,
    joints: np.ndarray,
    radii: np.ndarray,
    skin: np.ndarray,
) -> np.ndarray:
    """Whether the surface in front of each joint [K] is its own flesh."""
    depth = surface.image(np.where(skin, surface.points[:, 2], 0.0))
    u, v = np.rint(camera.project(joints)).astype(int).clip(0, surface.size - 1).T
    front = depth[v, u]
    return (front > 0) & (front > joints[:, 2] - _FLESH_FACTOR * radii - _FLESH_MARGIN)


def _covered(mask: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """Whether the mask covers each keypoint [K]."""
    u, v = np.rint(keypoints).astype(int).clip(0, len(mask) - 1).T
    return mask[v, u] > 0


def _box(outline: np.ndarray, keypoints: np.ndarray, size: int) -> np.ndarray:
    """Box x, y, w, h around points, clipped to the picture, px."""
    points = np.concatenate([outline, keypoints])
    low = np.clip(points.min(axis=0), 0, size - 1)
    high = np.clip(points.max(axis=0), 0, size - 1)
    return np.concatenate([low, high - low])
