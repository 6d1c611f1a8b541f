"""The quadruped as a body that the generator can pose and draw."""

from functools import lru_cache

import numpy as np

from mmpose_uda.metainfo import ANIMAL18

from .animal_coat import Coat, CoatMarks, coat_colours, random_coat
from .animal_poses import POSES
from .animal_shape import SCALE, animal_flesh
from .animal_skeleton import SKELETON, animal_build
from .body import PosedBody
from .jointed_body import JointedBody, view_from


class AnimalBody(JointedBody):
    """Random quadrupeds between horse and tiger, seen from both sides."""

    metainfo = ANIMAL18
    keypoint_joints = (
        'left_eye',
        'right_eye',
        'chin',
        'left_front_hoof',
        'right_front_hoof',
        'left_back_hoof',
        'right_back_hoof',
        'tail',
        'left_front_knee',
        'right_front_knee',
        'left_back_knee',
        'right_back_knee',
        'left_shoulder',
        'right_shoulder',
        'left_front_elbow',
        'right_front_elbow',
        'left_back_elbow',
        'right_back_elbow',
    )
    root = 'tail'
    joint_radii = np.divide(
        [25, 25, 60, 48, 48, 48, 48, 60, 45, 45, 48, 48, 95, 95, 80, 80, 95, 95], SCALE
    )
    category = 'animal'
    scale = SCALE
    filling = 1.05
    spacing = 3.0

    def __init__(self) -> None:
        super().__init__(SKELETON, animal_flesh(), POSES)
        self._marks = CoatMarks(self.flesh)

    def individual(self, rng: np.random.Generator) -> tuple[np.ndarray, dict]:
        """Stretch of each bone of a random animal [J, 3], and how much it is a cat."""
        stretch, cat = animal_build(rng)
        return stretch, dict(cat=cat)

    def view(self, rng: np.random.Generator, domain: str, joints: dict) -> np.ndarray:
        """View from either side; photographs vary more in turn, elevation and roll."""
        side = rng.choice((-90, 90))
        turn, rise, roll = (15, 5, 3) if domain == 'rendered' else (20, 9, 6)
        azimuth = side + np.clip(rng.normal(0, turn), -35, 35)
        return view_from(azimuth, rng.normal(4, rise), rng.normal(0, roll))

    def dress(self, rng: np.random.Generator, domain: str, posed: PosedBody) -> Coat:
        """Choose a coat; mane and tail stand off."""
        coat = random_coat(rng, domain, posed.build['cat'])
        marks = self._marks.find(self.mesh.vertices, self.mesh.nearest_bone)
        hair = (marks['mane'] | marks['tail']) * coat.mane / self.scale
        posed.vertices += posed.normals * hair[:, None]
        return coat

    def paint(
        self,
        rng: np.random.Generator,
        domain: str,
        outfit: Coat,
        local: np.ndarray,
        face: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Fur, mane, eyes, nose and hooves."""
        bone = self.mesh.nearest_bone[self.faces[face, 0]]
        marks = self._marks.find(local[:, :3], bone)
        return coat_colours(rng, domain, outfit, marks, self.scale * local[:, :3])


@lru_cache(maxsize=1)
def animal_body() -> AnimalBody:
    """The animal's template, built once per process (about a second)."""
    return AnimalBody()
