"""Flesh on the bones of a skeleton, and how far limbs overlap."""

import numpy as np

from .skeleton import Skeleton
from .skinned_mesh import RoundCones


class Flesh:
    """Round cones in the frames of bones, placed in the rest pose.

    Args:
        skeleton (Skeleton): The bones.
        rest (np.ndarray): Rest pose [D] in degrees, limbs apart.
        scale (float): mm of the real body per mm drawn.

    Attributes:
        cones (RoundCones): In drawn mm.
        origins (np.ndarray): Rest origins of the frames [J + H, 3] in drawn mm.
        frames (np.ndarray): Rest frames [J + H, 3, 3].
    """

    def __init__(self, skeleton: Skeleton, rest: np.ndarray, scale: float) -> None:
        joints, frames = skeleton.forward(rest[None], np.ones((len(skeleton.joints), 3)))
        self.skeleton, self.scale = skeleton, scale
        self.origins = skeleton.origins(joints)[0] / scale
        self.frames = frames[0]
        self.cones = RoundCones()

    def add(self, bone: str, start: tuple, end: tuple, radii: tuple) -> None:
        """Add a cone, in mm of the real body, in the frame of the bone.

        A name in brackets is the hinge at that joint. ``side_`` adds one on each side,
        mirrored; if the bone is in the middle, both are added to it.
        """
        if 'side_' in bone:
            mirrored = [(-x, y, z) for x, y, z in (start, end)]
            self.add(bone.replace('side_', 'left_'), start, end, radii)
            self.add(bone.replace('side_', 'right_'), *mirrored, radii)
            return
        index = self.index(bone)
        ends = (self._place(index, point) for point in (start, end))
        self.cones.add(index, *ends, tuple(r / self.scale for r in radii))

    def index(self, bone: str) -> int:
        """Index of a bone's frame, or of a hinge's if the name is in brackets."""
        joints, name = self.skeleton.joints, bone.strip('()')
        if name not in joints:
            name = name.split('_', 1)[1]
        joint = joints.index(name)
        if bone.startswith('('):
            return len(joints) + self.skeleton.hinges.index(joint)
        return joint

    def _place(self, index: int, point: tuple) -> np.ndarray:
        return self.origins[index] + self.frames[index] @ np.asarray(point) / self.scale


class Contacts:
    """Balls on the bones that must not overlap.

    Args:
        skeleton (Skeleton): The bones.
        balls (list): (joint, other joint, share of the way to it, radius in mm, part),
            ``side_`` in a name meaning one on each side.
        neighbours (set): Pairs of parts that may touch; a part may touch itself.
    """

    def __init__(self, skeleton: Skeleton, balls: list, neighbours: set) -> None:
        balls = [
            tuple(v.replace('side_', side) if isinstance(v, str) else v for v in ball)
            for ball in balls
            for side in (
                ('left_', 'right_') if any('side_' in str(v) for v in ball) else ('',)
            )
        ]
        first, second, share, radius, part = zip(*balls)
        self._first = [skeleton.joints.index(name) for name in first]
        self._second = [skeleton.joints.index(name) for name in second]
        self._share = np.array(share)[:, None]
        touching = neighbours | {pair[::-1] for pair in neighbours}
        free = [
            (i, j)
            for i in range(len(part))
            for j in range(i)
            if part[i] != part[j] and (part[i], part[j]) not in touching
        ]
        self._i, self._j = np.array(free, dtype=int).reshape(-1, 2).T
        self._gap = np.array(radius)[self._i] + np.array(radius)[self._j]

    def overlap(self, joints: np.ndarray) -> np.ndarray:
        """Sum of the overlaps of balls [N] in mm, for joints [N, J, 3]."""
        first, second = joints[:, self._first], joints[:, self._second]
        balls = (first + self._share * (second - first)).astype(np.float32)
        apart = balls[:, self._i] - balls[:, self._j]
        distance = np.sqrt(np.einsum('npi,npi->np', apart, apart))
        return np.clip(self._gap - distance, 0, None).sum(axis=1)
