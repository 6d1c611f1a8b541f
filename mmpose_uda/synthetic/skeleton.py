"""An articulated skeleton: named joints, angles between bones, and limits.

Body frame (mm): x to the subject's left, y up, z forward. The bone that starts in a
joint turns with it; in the zero pose all frames are that of the body. A joint turns by
a twist around y, then a swing around an axis in the x-z plane, so that raising a limb
sideways, forwards or in between works alike. Everything is vectorised over N poses.
"""

import numpy as np

from .rotations import rotation, swing

_AXES = dict(x=0, y=1, z=2)


class Skeleton:
    """A tree of joints.

    Names that start with ``side_`` stand for a joint or angle of each side: ``left_``
    as written, ``right_`` as its mirror image.

    Args:
        joints (dict): Joint -> (its parent or None, offset from the parent [3] in mm in
            the zero pose). Parents come first.
        dofs (dict): Angle -> (joint, axis, least, most) in degrees; the axis is 'x',
            'y' or 'z', after a '-' if positive angles turn the opposite way.
        hinges (tuple[str]): Joints that bend far: their skin follows a frame half-way
            between both bones, without which it would collapse.
    """

    def __init__(self, joints: dict, dofs: dict, hinges: tuple) -> None:
        joints = both_sides(joints, mirror_joint)
        dofs = both_sides(dofs, _mirror_dof)
        self.joints, self.dofs = tuple(joints), tuple(dofs)
        self.parents = tuple(
            -1 if parent is None else self.joints.index(parent)
            for parent, _ in joints.values()
        )
        self.offsets = np.array([offset for _, offset in joints.values()], dtype=float)
        self.hinges = tuple(
            self.joints.index(name) for name in both_sides(dict.fromkeys(hinges))
        )
        self.limits = np.array([dof[2:] for dof in dofs.values()], dtype=float)
        self._joint = np.array([self.joints.index(dof[0]) for dof in dofs.values()])
        self._axis = np.array([_AXES[dof[1][-1]] for dof in dofs.values()])
        self._sign = np.array([-1.0 if dof[1][0] == '-' else 1.0 for dof in dofs.values()])
        self._twins = [self.dofs.index(twin(name)) for name in self.dofs]
        middle = np.array([twin(name) == name for name in self.dofs])
        self._mirrored = np.where(middle & (self._axis != 0), -1.0, 1.0)

    def pose(self, **angles: float) -> np.ndarray:
        """A pose [D] in degrees: the given angles, ``side_`` for both sides, else 0."""
        pose = np.zeros(len(self.dofs))
        for name, value in both_sides(angles).items():
            pose[self.dofs.index(name)] = value
        return pose

    def clip(self, pose: np.ndarray) -> np.ndarray:
        """Poses [N, D] clipped to the anatomical limits."""
        return np.clip(pose, *self.limits.T)

    def mirror(self, pose: np.ndarray) -> np.ndarray:
        """The mirror images of poses [N, D]."""
        return pose[..., self._twins] * self._mirrored

    def forward(self, pose: np.ndarray, stretch: np.ndarray) -> tuple:
        """Joints and frames of poses.

        Args:
            pose (np.ndarray): Angles [N, D] in degrees.
            stretch (np.ndarray): Factors on each bone along its axes [J, 3].

        Returns:
            tuple: joints [N, J, 3] in mm (the first one at 0) and frames
            [N, J + H, 3, 3] of the joints' bones, then of the hinges.
        """
        turns = self._turns(pose)
        joints = np.zeros(turns.shape[:2] + (3,))
        frames = turns.copy()
        for j, parent in enumerate(self.parents):
            if parent >= 0:
                reach = stretch[parent] * self.offsets[j]
                joints[:, j] = joints[:, parent] + frames[:, parent] @ reach
                frames[:, j] = frames[:, parent] @ turns[:, j]
        parents = [self.parents[j] for j in self.hinges]
        half = self._turns(0.5 * pose)[:, self.hinges]
        return joints, np.concatenate([frames, frames[:, parents] @ half], axis=1)

    def origins(self, joints: np.ndarray) -> np.ndarray:
        """Origins [N, J + H, 3] of the frames, for joints [N, J, 3]."""
        return np.concatenate([joints, joints[:, self.hinges]], axis=1)

    @property
    def frame_joints(self) -> list[str]:
        """Name of the joint at the origin of each frame [J + H]."""
        return [*self.joints, *(self.joints[j] for j in self.hinges)]

    def stretch_of_frames(self, stretch: np.ndarray) -> np.ndarray:
        """Stretch [J + H, 3] of the skin; that of a hinge is the mean of both bones."""
        parents = [self.parents[j] for j in self.hinges]
        return np.concatenate(
            [stretch, 0.5 * (stretch[list(self.hinges)] + stretch[parents])]
        )

    def _turns(self, pose: np.ndarray) -> np.ndarray:
        """Rotation of each joint relative to its parent [N, J, 3, 3]."""
        angles = np.zeros((len(pose), len(self.joints), 3))
        angles[:, self._joint, self._axis] = pose * self._sign
        twist = rotation(1, angles[..., 1])
        return swing(angles * (1, 0, 1)) @ twist


def without_side(name: str) -> str:
    """A name without ``left_`` and ``right_``."""
    return name.replace('left_', '').replace('right_', '')


def twin(name: str) -> str:
    """The name on the other side; names in the middle or for both sides stay the same."""
    for here, there in (('left_', 'right_'), ('right_', 'left_')):
        if name.startswith(here):
            return there + name[len(here) :]
    return name


def both_sides(table: dict, mirror=lambda value: value) -> dict:
    """Replace each ``side_`` entry by a left and a right one."""
    out = {}
    for name, value in table.items():
        if name.startswith('side_'):
            out['left_' + name[5:]] = _named(value, 'left_')
            out['right_' + name[5:]] = _named(mirror(value), 'right_')
        else:
            out[name] = value
    return out


def _named(value, side):
    """An entry whose first item, a joint, is moved to the given side."""
    if not isinstance(value, tuple):
        return value
    return (value[0].replace('side_', side),) + value[1:]


def mirror_joint(joint: tuple) -> tuple:
    """Mirror a joint, or something at one: (name, place [3] relative to it, ...)."""
    parent, (x, y, z), *more = joint
    return (parent, (-x, y, z), *more)


def _mirror_dof(dof: tuple) -> tuple:
    joint, axis, low, high = dof
    if axis[-1] == 'x':
        return dof
    return joint, (axis[1:] if axis[0] == '-' else '-' + axis), low, high
