"""The interface between bodies and the renderer.

Looks, samples and files use bodies only through it. All bodies are drawn at about the
size of a hand, for which light, shadows, objects and placement are tuned: a larger one
is a scale model, whose picture is that of the real body.
"""

from dataclasses import dataclass, field
from typing import Any, Optional, Protocol

import numpy as np

from .ground import Ground
from .skinned_mesh import SkinnedMesh


@dataclass
class Labelled:
    """The joints of a posed body that its labels name.

    Args:
        joints (np.ndarray): Joints [K, 3] in mm.
        radii (np.ndarray): Radius of the flesh around each joint [K] in mm.
    """

    joints: np.ndarray
    radii: np.ndarray


@dataclass
class PosedBody:
    """A body turned to the camera, its root at the origin.

    Args:
        joints (np.ndarray): Joints [J, 3] in mm by which the picture is framed.
        vertices (np.ndarray): Skin [V, 3] in mm.
        normals (np.ndarray): Outward unit normals [V, 3].
        limb (np.ndarray): How far each vertex is along the limb to which the body is
            attached, beyond its root [V] in mm; negative on the body itself.
        view (np.ndarray): Rotation [3, 3] from the body's frame to the camera's.
        grip (np.ndarray, optional): Where a held object would be [3] in mm, its long
            axis along the x axis of the body.
        hands (np.ndarray, optional): Both hands [2, 3] in mm, if they can hold a bar.
        object_scale (float): Size of objects around it, relative to those around a hand.
        build (dict): Properties of the individual on which its outfit depends.
        ground (Ground, optional): The floor under it.
        framed (np.ndarray, optional): Which of the joints [J] must be in the picture, if
            not all.
        labelled (Labelled, optional): The labelled joints, if not those above, so that
            other labels do not change the picture.
    """

    joints: np.ndarray
    vertices: np.ndarray
    normals: np.ndarray
    limb: np.ndarray
    view: np.ndarray
    grip: Optional[np.ndarray] = None
    object_scale: float = 1.0
    build: dict = field(default_factory=dict)
    ground: Optional[Ground] = None
    framed: Optional[np.ndarray] = None
    labelled: Optional[Labelled] = None
    hands: Optional[np.ndarray] = None


class Body(Protocol):
    """A kind of random bodies.

    Attributes:
        category (str): Name of the body in the labels.
        joint_names (tuple[str]): Names of the K labelled joints.
        skeleton (list): Pairs of joints that a bone links.
        joint_radii (np.ndarray): Radius of the flesh around each of a pose's joints [J]
            in mm.
        scale (float): mm of the real body per mm drawn.
        filling (float): Factor on how much of the picture the joints fill.
        target_look (str): Look of its target domain: 'photo' or 'infrared'.
        mesh (SkinnedMesh): The skin in its rest pose.
        faces (np.ndarray): Its triangles [F, 3].
    """

    category: str
    joint_names: tuple
    skeleton: list
    joint_radii: np.ndarray
    scale: float
    filling: float
    target_look: str
    mesh: SkinnedMesh
    faces: np.ndarray

    def sample(self, rng: np.random.Generator, domain: str) -> PosedBody:
        """Draw an individual, its pose and the view of it."""

    def dress(self, rng: np.random.Generator, domain: str, posed: PosedBody) -> Any:
        """Choose an outfit, which may push the vertices outwards."""

    def paint(
        self,
        rng: np.random.Generator,
        domain: str,
        outfit: Any,
        local: np.ndarray,
        face: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Colour the visible part of the body.

        Args:
            rng (np.random.Generator): Source of randomness.
            domain (str): 'rendered' or 'photo'.
            outfit: What :meth:`dress` chose.
            local (np.ndarray): Place on the template (3) and distance along the limb
                [P, 4], in mm.
            face (np.ndarray): Index of each point's triangle [P].

        Returns:
            tuple: Albedo [P, 3], BGR in 0..1, and gloss [P].
        """

    def covers(self, outfit: Any, local: np.ndarray) -> np.ndarray:
        """Which points [P] with coordinates [P, 4] belong to the foreground."""
