"""Fits regressed poses to points."""

from typing import Protocol

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn


class Poses(Protocol):
    """What the loss needs of regressed poses, as the reader of their head provides them."""

    positions: Tensor
    mm_per_px: Tensor
    root: int
    side: int


@MODELS.register_module()
class Pose3DRegressionLoss(nn.Module):
    """L1 of joints relative to the root, plus L1 of their projections.

    The losses of HaMeR (Pavlakos et al. 2024), summed over the coordinates: joints in m,
    projections as a share of the crop's side. The defaults have the ratio of its weights,
    0.05 to 0.01; their size is about that of the L1 term of
    :class:`KeypointDistributionLoss`, so that weights of other parts suit both.

    x and y of a joint are those of its label for a weak-perspective camera. A crop does not
    show where in the photo it was, and so not what a real camera adds; that is corrected
    when poses are lifted through one.

    Args:
        weight_3d (float): Weight of the joints' error, per m.
        weight_2d (float): Weight of the projections' error, per side of the crop.
    """

    def __init__(self, weight_3d: float = 10.0, weight_2d: float = 2.0):
        super().__init__()
        self.weight_3d = weight_3d
        self.weight_2d = weight_2d

    def forward(
        self, predicted: Poses, points: Tensor, mm_per_px: Tensor, weights: Tensor
    ) -> Tensor:
        """Mean over the weighted keypoints.

        Args:
            predicted (RegressedPoses): B poses of K keypoints.
            points (Tensor): [B, K, 3], crop px and mm relative to the root.
            mm_per_px (Tensor): Scales [B] of the labels. 0 means unknown: the predicted
                scale is used for both, and learns nothing.
            weights (Tensor): [B, K]; 0 leaves a keypoint out, whatever its point is. If the
                root has 0, x and y in mm are left out for all keypoints.

        Returns:
            Tensor: Scalar.
        """
        known = weights > 0
        error = predicted.positions - torch.where(known.unsqueeze(-1), points, 0)
        projected = error[..., :2].abs().sum(-1) / predicted.side
        lateral = self._lateral(predicted, points, mm_per_px, known)
        joints = (lateral + error[..., 2].abs()) / 1000
        per_keypoint = self.weight_3d * joints + self.weight_2d * projected
        # Over all B * K, as KeypointDistributionLoss: uncertain batches count little.
        return (weights * per_keypoint).mean()

    @staticmethod
    def _lateral(
        predicted: Poses, points: Tensor, mm_per_px: Tensor, known: Tensor
    ) -> Tensor:
        """Sum of the errors in x and y relative to the root, mm, [B, K]."""
        root = slice(predicted.root, predicted.root + 1)
        both = (known & known[:, root]).unsqueeze(-1)
        of_label = torch.where(both, points - points[:, root], 0)[..., :2]
        found = predicted.positions[..., :2] - predicted.positions[:, root, :2]
        is_known, own = mm_per_px > 0, predicted.mm_per_px
        of_found = torch.where(is_known, own, own.detach())
        of_labels = torch.where(is_known, mm_per_px, own.detach())
        scaled = found * of_found[:, None, None]
        error = (scaled - of_label * of_labels[:, None, None]).abs()
        return torch.where(both, error, 0).sum(-1)
