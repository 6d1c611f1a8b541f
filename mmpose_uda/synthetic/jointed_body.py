"""A body made of a skeleton, flesh, poses and an outfit."""

import numpy as np

from .body import Labelled, PosedBody
from .flesh import Flesh
from .ground import Ground
from .pose_families import PoseSampler, Stance
from .rotations import rotation
from .skeleton import Skeleton
from .skinned_mesh import SkinnedMesh

# From the body's frame (x left, y up, z forward) to that of a camera in front of it.
_FACING = np.diag([1.0, -1.0, -1.0])


class JointedBody:
    """Base class of bodies whose bones are a :class:`Skeleton`.

    Attributes:
        metainfo (dict): Keypoints; :attr:`keypoint_joints` are the joints they stand for.
        keypoint_joints (tuple[str]): Joint of each keypoint, unless :meth:`labelled`
            overrides it. Pictures are framed by these joints.
        root (str): The joint that is put at the origin.
        joint_radii (np.ndarray): Radius of the flesh around each of these joints [J] in
            drawn mm.
        scale (float): mm of the real body per mm drawn.
        filling (float): Factor on how much of the picture the joints fill.
        target_look (str): Look of its target domain.
        object_scale (float): Size of objects around it, relative to those around a hand.
        spacing (float): Size of the skin's triangles in drawn mm.

    Args:
        skeleton (Skeleton): The bones.
        flesh (Flesh): The flesh on them.
        poses (PoseSampler): Sampler of their poses.
    """

    metainfo: dict
    keypoint_joints: tuple
    root: str
    joint_radii: np.ndarray
    category: str
    scale: float
    filling = 1.2
    target_look = 'photo'
    object_scale = 0.65
    spacing = 2.4

    def __init__(self, skeleton: Skeleton, flesh: Flesh, poses: PoseSampler) -> None:
        self.bones, self.flesh, self.poses = skeleton, flesh, poses
        points = self.metainfo['keypoint_info']
        self.joint_names = tuple(points[i]['name'] for i in range(len(points)))
        self.skeleton = [
            [self.joint_names.index(name) for name in bone['link']]
            for bone in self.metainfo['skeleton_info'].values()
        ]
        self._chosen = [skeleton.joints.index(name) for name in self.keypoint_joints]
        self.mesh = SkinnedMesh(
            flesh.cones, flesh.origins, self.spacing, blend=1.0, skin_blend=1.3
        )
        self.faces = self.mesh.faces

    def individual(self, rng: np.random.Generator) -> tuple[np.ndarray, dict]:
        """Draw an individual: the stretch of each bone [J, 3], and its build."""
        raise NotImplementedError

    def view(self, rng: np.random.Generator, domain: str, joints: dict) -> np.ndarray:
        """Draw a rotation [3, 3] from the body's frame to the camera's, for joints (name
        -> [3]) in mm."""
        raise NotImplementedError

    def grip(self, joints: dict) -> np.ndarray | None:
        """Where a held object would be [3], for joints (name -> [3]) in mm."""
        return None

    def hands(self, joints: dict) -> np.ndarray | None:
        """Both hands [2, 3], for joints (name -> [3]) in mm, if they can hold a bar."""
        return None

    def labelled(self, joints: dict) -> Labelled | None:
        """The labelled joints, for joints (name -> [3]) in mm, if not those above."""
        return None

    def framed(self, rng: np.random.Generator) -> np.ndarray | None:
        """Which of the joints [J] must be in the picture, if not all."""
        return None

    def sample(self, rng: np.random.Generator, domain: str) -> PosedBody:
        """Draw an individual, its pose and the view of it."""
        stretch, build = self.individual(rng)
        stance = self.poses.sample(rng, domain, stretch)
        root = stance.joints[self.bones.joints.index(self.root)]
        joints = stance.joints - root
        named = dict(zip(self.bones.joints, joints))
        view = self.view(rng, domain, named)
        stretched = self.bones.stretch_of_frames(stretch)
        linear = np.einsum(
            'bij,bj,bkj->bik', view @ stance.frames, stretched, self.flesh.frames
        )
        origins = self.bones.origins(joints[None])[0] @ view.T / self.scale
        vertices, normals = self.mesh.pose(linear, origins)
        joints = joints @ view.T / self.scale
        named = dict(zip(self.bones.joints, joints))
        return PosedBody(
            joints[self._chosen],
            vertices,
            normals,
            np.full(len(vertices), -1.0),
            view,
            self.grip(named),
            self.object_scale,
            build,
            self._ground(stance, root, view),
            self.framed(rng),
            self.labelled(named),
            self.hands(named),
        )

    def _ground(self, stance: Stance, root: np.ndarray, view: np.ndarray) -> Ground | None:
        """The floor of a stance in camera axes, relative to the root [3]."""
        if stance.floor is None:
            return None
        carried = stance.carried
        return Ground(
            view[:, 1] * (stance.floor - root[1]) / self.scale,
            view[:, 1],
            stance.carrier,
            None if carried is None else view @ (carried - root) / self.scale,
        )

    def covers(self, outfit, local: np.ndarray) -> np.ndarray:
        """The whole body including clothes is foreground [P]."""
        return np.ones(len(local), dtype=bool)


def view_from(azimuth: float, elevation: float, roll: float) -> np.ndarray:
    """Rotation [3, 3] from the body's frame to the camera's.

    Args:
        azimuth (float): 0 in front of the body; positive shows more of its left, degrees.
        elevation (float): How far the camera looks down on it, degrees.
        roll (float): How far the picture leans, degrees.
    """
    return rotation(2, roll) @ rotation(0, elevation) @ _FACING @ rotation(1, -azimuth)
