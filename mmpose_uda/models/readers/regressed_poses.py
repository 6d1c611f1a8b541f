"""Poses of a 3D head that regresses points."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mmpose_uda.models.readers.regressed_points import RegressedPoints, probability_near


@dataclass
class RegressedPoses(RegressedPoints):
    """Keypoints seen by a weak-perspective camera.

    Args:
        positions (Tensor): [B, K, 3], x and y in crop px, z in mm relative to the root.
        log_scales (Tensor): As in :class:`RegressedPoints`, but one for both axes, [B, K].
        input_size (tuple[int, int]): Width and height of the crop, px.
        mm_per_px (Tensor): Scale of the camera, [B].
        root (int): Root keypoint.
    """

    mm_per_px: Tensor
    root: int

    def confidence(self) -> Tensor:
        return probability_near(self.log_scales).square()

    def pose(self) -> Tensor:
        """Joints relative to the root, mm, [B, K, 3]."""
        return root_relative(self.positions, self.mm_per_px, self.root)

    def averaged(self, other: 'RegressedPoses') -> 'RegressedPoses':
        """Mean points, scales of the camera and expected errors of two predictions."""
        scales = (self.mm_per_px + other.mm_per_px) / 2
        return replace(super().averaged(other), mm_per_px=scales)


def root_relative(positions: Tensor, mm_per_px: Tensor, root: int) -> Tensor:
    """Poses in mm, under weak perspective.

    Args:
        positions (Tensor): [B, K, 3], px, px and mm relative to the root.
        mm_per_px (Tensor): [B].
        root (int): Root keypoint.

    Returns:
        Tensor: [B, K, 3], mm; x and y of the root are 0.
    """
    lateral = positions[..., :2] - positions[:, root : root + 1, :2]
    return torch.cat([lateral * mm_per_px[:, None, None], positions[..., 2:]], dim=-1)
