"""The human as a body that the generator can pose, dress and draw."""

from functools import lru_cache

import numpy as np

from mmpose_uda.metainfo import HUMAN16

from .body import PosedBody
from .human_clothes import Outfit, Wardrobe, colours, random_outfit
from .human_range import FULL, HumanRange
from .human_shape import SCALE, human_flesh
from .human_skeleton import SKELETON, human_build
from .jointed_body import JointedBody


class HumanBody(JointedBody):
    """Random people.

    Args:
        shown (HumanRange): Their poses, and from where they are seen.
    """

    metainfo = HUMAN16
    keypoint_joints = (
        'right_ankle',
        'right_knee',
        'right_hip',
        'left_hip',
        'left_knee',
        'left_ankle',
        'pelvis',
        'thorax',
        'neck',
        'head_top',
        'right_wrist',
        'right_elbow',
        'right_shoulder',
        'left_shoulder',
        'left_elbow',
        'left_wrist',
    )
    root = 'pelvis'
    joint_radii = np.divide(
        [40, 54, 110, 110, 54, 40, 115, 75, 70, 40, 30, 42, 65, 65, 42, 30], SCALE
    )
    category = 'person'
    scale = SCALE
    target_look = 'infrared'

    def __init__(self, shown: HumanRange = FULL) -> None:
        super().__init__(SKELETON, human_flesh(), shown.sampler())
        self.shown = shown
        self._wardrobe = Wardrobe(self.flesh)

    def individual(self, rng: np.random.Generator) -> tuple[np.ndarray, dict]:
        """Stretch of each bone of a random person [J, 3], and no build."""
        return human_build(rng), {}

    def view(self, rng: np.random.Generator, domain: str, joints: dict) -> np.ndarray:
        """Draw a view from the range of views."""
        trunk = joints['thorax'] - joints['pelvis']
        level = 1 - abs(trunk[1]) / np.linalg.norm(trunk)
        return self.shown.view(rng, domain, level)

    def framed(self, rng: np.random.Generator) -> np.ndarray | None:
        """Sometimes leave out feet, legs or an arm, which the edge may then cut off."""
        if rng.random() >= self.shown.cropped:
            return None
        side = rng.choice(('left', 'right'))
        cut = (('ankle',), ('knee', 'ankle'), (f'{side}_wrist', f'{side}_elbow'))
        cut = cut[rng.choice(3, p=(0.4, 0.4, 0.2))]
        return np.array([not name.endswith(cut) for name in self.keypoint_joints])

    def grip(self, joints: dict) -> np.ndarray:
        """A place in front of the right hand [3]."""
        return self.hands(joints)[0]

    def hands(self, joints: dict) -> np.ndarray:
        """Places in front of the hands [2, 3], where the forearms point."""
        ends = [(joints[f'{s}_wrist'], joints[f'{s}_elbow']) for s in ('right', 'left')]
        return np.array([wrist + 0.45 * (wrist - elbow) for wrist, elbow in ends])

    def dress(self, rng: np.random.Generator, domain: str, posed: PosedBody) -> Outfit:
        """Choose clothes and hair, and give them room."""
        outfit = random_outfit(rng, domain)
        rest, bone = self.mesh.vertices, self.mesh.nearest_bone
        garments = self._wardrobe.garments(outfit, rest, bone)
        wide = self._wardrobe.widen(rng, outfit, garments, rest)
        posed.vertices += posed.normals * wide[:, None]
        return outfit

    def paint(
        self,
        rng: np.random.Generator,
        domain: str,
        outfit: Outfit,
        local: np.ndarray,
        face: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Skin, hair and clothes, whose cloth is patterned more often in photographs."""
        bone = self.mesh.nearest_bone[self.faces[face, 0]]
        garments = self._wardrobe.garments(outfit, local[:, :3], bone)
        return colours(rng, domain, garments, local)


@lru_cache(maxsize=1)
def human_body() -> HumanBody:
    """The human's template, built once per process (about a second)."""
    return HumanBody()
