"""Poses of a head that regresses points, beside how far off it takes itself to be."""

from dataclasses import dataclass, replace
from typing import Sequence

import torch
from torch import Tensor

from mmpose_uda.models.utils import constant

_RADIUS = 0.1
"""An error that a confident keypoint stays below, as a share of the crop's longer side:
about what the peak of a volume of 16 cells spans."""


@dataclass
class RegressedPoses:
    """Keypoints seen by a weak-perspective camera, each with a Laplace distribution.

    It answers what the parts ask of keypoint distributions, and has no map of positions.

    Args:
        positions (Tensor): [B, K, 3], x and y in crop px, z in mm relative to the root.
        mm_per_px (Tensor): Scale of the camera, [B].
        log_scales (Tensor): Logarithm of the Laplace distribution's scale in x and in y,
            which is the expected error, as a share of the crop's longer side, [B, K].
        input_size (tuple[int, int]): Width and height of the crop, px.
        root (int): Root keypoint.
    """

    positions: Tensor
    mm_per_px: Tensor
    log_scales: Tensor
    input_size: tuple[int, int]
    root: int

    @property
    def side(self) -> int:
        """The crop's longer side, px."""
        return max(self.input_size)

    def points(self) -> Tensor:
        """Predicted coordinates, [B, K, 3]."""
        return self.positions

    def pose(self) -> Tensor:
        """Joints relative to the root, mm, [B, K, 3]."""
        return root_relative(self.positions, self.mm_per_px, self.root)

    def confidence(self) -> Tensor:
        """How sure the network is of each keypoint in the image, [B, K] in (0, 1].

        The probability that x and y are both within a tenth of the crop's longer side.
        """
        return (1 - torch.exp(-_RADIUS * torch.exp(-self.log_scales))).square()

    def contains(self, points: Tensor) -> Tensor:
        """Whether ``points`` [B, K, 3] lie on the crop (half a px of margin), [B, K]."""
        last = constant(self.input_size, points) - 0.5
        return ((points[..., :2] >= -0.5) & (points[..., :2] <= last)).all(-1)

    def mirrored(self, flip_indices: Sequence[int]) -> 'RegressedPoses':
        """The same of the mirror image, where left and right have changed places."""
        order = list(flip_indices)
        x, *others = self.positions[:, order].unbind(-1)
        return replace(
            self,
            positions=torch.stack([self.input_size[0] - 1 - x, *others], dim=-1),
            log_scales=self.log_scales[:, order],
        )

    def averaged(self, other: 'RegressedPoses') -> 'RegressedPoses':
        """Mean points, scales of the camera and expected errors of two predictions."""
        return replace(
            self,
            positions=(self.positions + other.positions) / 2,
            mm_per_px=(self.mm_per_px + other.mm_per_px) / 2,
            log_scales=((self.log_scales.exp() + other.log_scales.exp()) / 2).log(),
        )


def root_relative(positions: Tensor, mm_per_px: Tensor, root: int) -> Tensor:
    """Poses in mm, as a weak-perspective camera has them.

    Args:
        positions (Tensor): [B, K, 3], px, px and mm relative to the root.
        mm_per_px (Tensor): [B].
        root (int): Root keypoint.

    Returns:
        Tensor: [B, K, 3], mm; x and y of the root are 0.
    """
    lateral = positions[..., :2] - positions[:, root : root + 1, :2]
    return torch.cat([lateral * mm_per_px[:, None, None], positions[..., 2:]], dim=-1)
