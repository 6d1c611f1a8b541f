"""The human with the joints of Human3.6M, for 3D poses of upright people."""

from functools import lru_cache

import numpy as np

from mmpose_uda.metainfo import HUMAN17

from .body import Labelled
from .human import HumanBody
from .human_range import FRONTAL, HumanRange
from .human_shape import SCALE

_JOINTS = (
    'pelvis',
    'right_hip',
    'right_knee',
    'right_ankle',
    'left_hip',
    'left_knee',
    'left_ankle',
    'spine',
    'thorax',
    'nose',
    'head_top',
    'left_shoulder',
    'left_elbow',
    'left_wrist',
    'right_shoulder',
    'right_elbow',
    'right_wrist',
)
# As for the 16-joint human; the spine lies in the belly, the nose below the skin.
_RADII = np.divide(
    [115, 110, 54, 40, 110, 54, 40, 110, 75, 30, 40, 65, 42, 30, 65, 42, 30], SCALE
)


class Human17Body(HumanBody):
    """The people of :class:`HumanBody`, labelled with 17 of their skeleton's joints."""

    metainfo = HUMAN17

    def __init__(self, shown: HumanRange = FRONTAL) -> None:
        super().__init__(shown)

    def labelled(self, joints: dict) -> Labelled:
        """The joints of Human3.6M in its order [17, 3]."""
        return Labelled(np.array([joints[name] for name in _JOINTS]), _RADII)


@lru_cache(maxsize=1)
def human17_body() -> Human17Body:
    """The human's template with these labels, built once per process."""
    return Human17Body()
