"""The hand as a body that the generator can pose, skin and draw."""

from functools import lru_cache

import numpy as np

from mmpose_uda.metainfo import HAND21

from .appearance import SKIN, cloth_albedo, hand_tones, mottle, skin_albedo
from .body import PosedBody
from .hand_poses import sample_pose
from .hand_shape import FLESH, bone_origins, bone_transforms, hand_flesh
from .hand_skeleton import (
    FOREARM,
    FOREARM_LENGTH,
    PARENTS,
    HandShape,
    forward_kinematics,
)
from .hand_skin import skin_marks
from .rotations import rotation
from .skinned_mesh import SkinnedMesh

# Share of hands that are seen from any side, by domain.
TURNED = dict(rendered=0.15, photo=0.12)


class HandBody:
    """Random right hands.

    Attributes:
        joint_names (tuple[str]): Names of the 21 joints.
        skeleton (list): Pairs of joints that a bone links.
        joint_radii (np.ndarray): Radius of the flesh around each joint [21] in mm.
        scale (float): 1, since hands are drawn in their own size.
        filling (float): 1, since fingers end in joints, and flesh and arm need room.
        target_look (str): Look of its target domain.
        mask_limb (float): Length of the arm, from the wrist, that the mask covers (mm).
    """

    joint_names = tuple(HAND21['keypoint_info'][i]['name'] for i in range(len(PARENTS)))
    skeleton = [[int(PARENTS[j]), j] for j in range(1, 21)]
    category = 'hand'
    scale = 1.0
    filling = 1.0
    target_look = 'photo'
    joint_radii = np.concatenate([[20.0], FLESH.ravel()])
    mask_limb = 60.0
    # Length of the drawn arm (mm): in many renders hands end somewhere behind the wrist.
    forearm = dict(rendered=(30.0, 200.0), photo=(130.0, 260.0))
    # Share of arms with a sleeve, and how visible nails, creases and uneven skin are.
    sleeves = dict(rendered=0.3, photo=0.6)
    details = dict(rendered=(0.3, 1.0), photo=(0.4, 1.3))

    def __init__(self) -> None:
        self._rest_joints, self._rest_frames, cones = hand_flesh()
        self.mesh = SkinnedMesh(cones, bone_origins(self._rest_joints))
        self.faces = self.mesh.faces

    def sample(self, rng: np.random.Generator, domain: str) -> PosedBody:
        """Draw a hand, its pose and the view of it."""
        shape = HandShape.sample(rng)
        pose = sample_pose(rng, shape, domain)
        joints, frames, hinges = (x[0] for x in forward_kinematics(pose[None], shape))
        # The camera cannot be where the elbow is, and an arm that points towards it is
        # shortened, since it would hide the hand.
        towards = 1.0
        while towards > 0.8:
            view = sample_view(rng, domain)
            towards = max(view[2] @ frames[FOREARM, :, 1], 0.0)
        shape.forearm = rng.uniform(*self.forearm[domain]) * (1 - 0.75 * towards)
        linear, origins = bone_transforms(joints, frames, hinges, shape, self._rest_frames)
        vertices, normals = self.mesh.pose(view @ linear, origins @ view.T)
        limb = -self.mesh.vertices[:, 1] * shape.forearm / FOREARM_LENGTH
        joints = joints @ view.T
        # A held object lies across the palm, below the knuckles.
        centre = np.array([0, 0.85 * np.linalg.norm(joints[9]), 32.0])
        return PosedBody(joints, vertices, normals, limb, view, view @ centre)

    def dress(self, rng: np.random.Generator, domain: str, posed: PosedBody) -> float:
        """Widen the arm by a sleeve with folds, more often in photographs.

        Returns:
            float: Where the sleeve starts behind the wrist (mm), inf if nowhere.
        """
        if rng.random() > self.sleeves[domain]:
            return np.inf
        start = rng.uniform(14, 90)
        width = rng.uniform(3, 11)
        folds = 1 + 0.25 * np.sin(
            posed.limb * rng.uniform(0.15, 0.4) + rng.uniform(0, 6) + posed.normals[:, 0]
        )
        grow = np.clip((posed.limb - start) / 5, 0, 1) * width * folds
        posed.vertices += posed.normals * grow[:, None]
        return start

    def paint(
        self,
        rng: np.random.Generator,
        domain: str,
        outfit: float,
        local: np.ndarray,
        face: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Skin with its marks, and the sleeve's cloth."""
        bone = self.mesh.nearest_bone[self.faces[face, 0]]
        rest = local[:, :3]
        marks = skin_marks(rng, rest, bone, self._rest_joints, self._rest_frames)
        back, palm = hand_tones(rng, rng.uniform(0, len(SKIN) - 1.001))
        strength = rng.uniform(*self.details[domain])
        albedo, gloss = skin_albedo(back, palm, marks, strength)
        albedo *= 1 + 0.04 * strength * mottle(rng, rest)[:, None]
        cloth = local[:, 3] > outfit
        albedo[cloth] = cloth_albedo(rng, local[cloth])
        gloss[cloth] = 0
        return albedo, gloss

    def covers(self, outfit: float, local: np.ndarray) -> np.ndarray:
        """The bare skin of the hand and the arm's first `mask_limb` mm [P]."""
        return local[:, 3] < min(outfit, self.mask_limb)


def sample_view(rng: np.random.Generator, domain: str) -> np.ndarray:
    """Rotation [3, 3] from the palm frame to the camera frame.

    Most hands are shown to the camera, fingers up, between palm and edge views; in
    photographs they are turned further, seen from slightly above and leaning. A few are
    turned at random, like hands on a table or at work. Learning hands from all sides would
    take more images and hours than a benchmark of minutes has.
    """
    if rng.random() < TURNED[domain]:
        spin = rng.uniform(0, 360)
        tilt = np.clip(rng.normal(0, 30), -70, 70)
        roll = rng.normal(0, 60)
    elif domain == 'rendered':
        spin = rng.normal(174, 36)
        tilt = np.clip(rng.normal(0, 20), -60, 60)
        roll = rng.normal(0, 20)
    else:
        spin = rng.normal(165, 40)
        tilt = np.clip(rng.normal(-6, 22), -60, 60)
        roll = rng.normal(-5, 25)
    # Fingers up, back of the hand to the camera.
    upright = np.diag([-1.0, -1.0, 1.0])
    return rotation(2, roll) @ rotation(0, tilt) @ rotation(1, spin) @ upright


@lru_cache(maxsize=1)
def hand_body() -> HandBody:
    """The hand's template, built once per process (about a second)."""
    return HandBody()
