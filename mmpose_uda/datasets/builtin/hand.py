"""The hand as a body that the generator can pose, skin and draw."""
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..metainfo import HAND21
from .hand_poses import sample_pose
from .hand_shape import FLESH, bone_origins, bone_transforms, hand_flesh, skin_marks
from .hand_skeleton import (FOREARM, FOREARM_LENGTH, PARENTS, HandShape,
                            forward_kinematics, rotation)
from .skinned_mesh import SkinnedMesh


@dataclass
class PosedBody:
    """A body turned to the camera, its root at the origin.

    Args:
        joints (np.ndarray): Joints [K, 3] in mm.
        vertices (np.ndarray): Skin [V, 3] in mm.
        normals (np.ndarray): Outward unit normals [V, 3].
        limb (np.ndarray): How far each vertex is along the limb that the body hangs
            on, beyond its root [V] in mm; negative on the body itself.
        grip (np.ndarray): Where a held object would be [3] in mm.
        grip_axes (np.ndarray): Its axes [3, 3], the long one first.
    """
    joints: np.ndarray
    vertices: np.ndarray
    normals: np.ndarray
    limb: np.ndarray
    grip: np.ndarray
    grip_axes: np.ndarray


class HandBody:
    """Random right hands.

    Attributes:
        joint_names (tuple[str]): The 21 joints.
        skeleton (list): Pairs of joints that a bone links.
        joint_radii (np.ndarray): Flesh about each joint [21] in mm.
        mask_limb (float): The mask covers the arm up to here beyond the wrist (mm).
    """
    joint_names = tuple(
        HAND21['keypoint_info'][i]['name'] for i in range(len(PARENTS)))
    skeleton = [[int(PARENTS[j]), j] for j in range(1, 21)]
    category = 'hand'
    joint_radii = np.concatenate([[18.], FLESH.ravel()])
    mask_limb = 60.
    # Arm in the picture (mm): a renderer's hand ends behind the wrist.
    _forearm = dict(rendered=(28., 58.), photo=(130., 260.))

    def __init__(self) -> None:
        self._rest_joints, self._rest_frames, cones = hand_flesh()
        self.mesh = SkinnedMesh(cones, bone_origins(self._rest_joints))
        self.faces = self.mesh.faces

    def sample(self, rng: np.random.Generator, domain: str) -> PosedBody:
        """Draw a hand, its pose and the view on it."""
        shape = HandShape.sample(rng)
        pose = sample_pose(rng, shape, domain)
        joints, frames, hinges = (
            x[0] for x in forward_kinematics(pose[None], shape))
        view = sample_view(rng, domain)
        # An arm that points at the camera is cut short: it would hide the hand.
        towards = np.clip(view[2] @ frames[FOREARM, :, 1], 0, 1)
        shape.forearm = rng.uniform(*self._forearm[domain]) * (1 - .75 * towards)
        linear, origins = bone_transforms(
            joints, frames, hinges, shape, self._rest_frames)
        vertices, normals = self.mesh.pose(view @ linear, origins @ view.T)
        limb = -self.mesh.vertices[:, 1] * shape.forearm / FOREARM_LENGTH
        joints = joints @ view.T
        # A grasped thing lies across the palm, below the knuckles.
        centre = np.array([0, .85 * np.linalg.norm(joints[9]), 32.])
        return PosedBody(joints, vertices, normals, limb, view @ centre, view)

    def marks(self, rest: np.ndarray, face: np.ndarray) -> dict:
        """Nails, flushed places and creases [P] at points of the skin.

        Args:
            rest (np.ndarray): The points on the template [P, 3] in mm.
            face (np.ndarray): The triangle each is on [P].
        """
        bone = self.mesh.nearest_bone[self.faces[face, 0]]
        return skin_marks(rest, bone, self._rest_joints, self._rest_frames)


def sample_view(rng: np.random.Generator, domain: str) -> np.ndarray:
    """Rotation [3, 3] from the palm frame to the camera frame.

    Every side of the hand is seen in both domains. Renders see all sides alike;
    photographs see the back of the hand and the palm more often than the edges, from
    a little above, and turned more within the picture.
    """
    if domain == 'rendered':
        spin = rng.uniform(-180, 180)
        tilt = np.clip(rng.normal(0, 28), -75, 75)
        roll = rng.normal(0, 35)
    else:
        spin = rng.choice([0., 180., 90., -90.], p=[.42, .34, .12, .12])
        spin += rng.normal(0, 32)
        tilt = np.clip(rng.normal(-14, 28), -75, 75)
        roll = rng.normal(-12, 48)
    # Fingers up, back of the hand to the camera.
    upright = np.diag([-1., -1., 1.])
    return rotation(2, roll) @ rotation(0, tilt) @ rotation(1, spin) @ upright


@lru_cache(maxsize=1)
def hand_body() -> HandBody:
    """The hand's template, built once a process (about a second)."""
    return HandBody()
