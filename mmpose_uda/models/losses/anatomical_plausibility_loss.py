"""Poses that no body of the source has."""

from typing import Optional, Protocol

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.utils import (
    Bones,
    bone_cosines,
    constant_index,
    keypoints_to_bones,
    keypoints_to_joints,
    mirrored_bones,
    relative_lengths,
)

CRITERIA = ('symmetry', 'range', 'angle')


class Bounds(Protocol):
    """Lower and upper ends of each bone's length and of each joint's cosine."""

    lengths: tuple[Tensor, Tensor]
    cosines: tuple[Tensor, Tensor]


@MODELS.register_module()
class AnatomicalPlausibilityLoss(nn.Module):
    r"""Bones of unlike sides, bones and angles beyond what labels have (da-3dhpe-anatomy).

    With the lengths :math:`l_b` as shares of the mean bone of their pose and the cosines
    :math:`c_j` of the angles of bones that share a keypoint:

    * symmetry: :math:`|l_b - l_{b'}|` of a bone and its mirror image, which they square;
    * range: the distance of :math:`l_b` from its interval;
    * angle: the distance of :math:`c_j` from its interval;

    each the mean over the bones or joints of a pose, and over poses.

    Args:
        symmetry_weight (float): Weight of the first.
        range_weight (float): Of the second.
        angle_weight (float): Of the third. All three are 0.1 there.

    Raises:
        UserError: All weights are 0.
    """

    def __init__(
        self,
        symmetry_weight: float = 0.1,
        range_weight: float = 0.1,
        angle_weight: float = 0.1,
    ):
        super().__init__()
        weights = (symmetry_weight, range_weight, angle_weight)
        if not any(weights):
            raise UserError(
                'AnatomicalPlausibilityLoss: one of symmetry_weight, range_weight and '
                'angle_weight must not be 0.'
            )
        self.weights = dict(zip(CRITERIA, weights))

    def forward(
        self,
        poses: Tensor,
        bones: Bones,
        bounds: Bounds,
        flip_indices: tuple[int, ...],
        keypoints: Optional[Tensor] = None,
    ) -> dict[str, Tensor]:
        """Weighted means over the batch.

        Args:
            poses (Tensor): [B, K, 3] in one unit along all axes.
            bones (Bones): N pairs of keypoints.
            bounds (Bounds): Of N bones and M joints.
            flip_indices (tuple[int, ...]): Keypoint that each keypoint becomes in a mirror.
            keypoints (Tensor, optional): 1 for those that count, else 0, [K]; None is all.

        Returns:
            dict[str, Tensor]: Scalars by criterion; no 'symmetry' of a one-sided body.
        """
        found = implausibility(poses, bones, bounds, flip_indices, keypoints)
        return {
            criterion: self.weights[criterion] * of_poses.mean()
            for criterion, of_poses in found.items()
            if self.weights[criterion]
        }


def implausibility(
    poses: Tensor,
    bones: Bones,
    bounds: Bounds,
    flip_indices: tuple[int, ...],
    keypoints: Optional[Tensor] = None,
) -> dict[str, Tensor]:
    """The criteria of :class:`AnatomicalPlausibilityLoss` of each pose, [B] each."""
    if keypoints is None:
        keypoints = torch.ones(poses.shape[1], device=poses.device)
    poses = poses.float()
    counted = keypoints_to_bones(keypoints, bones)
    lengths = relative_lengths(poses, bones, counted)
    found = {}
    pairs = mirrored_bones(bones, flip_indices)
    if pairs:
        one, other = (constant_index(side, poses) for side in zip(*pairs))
        of_both = torch.minimum(counted[one], counted[other])
        apart = (lengths[:, one] - lengths[:, other]).abs()
        found['symmetry'] = _mean(apart, of_both)
    found['range'] = _mean(distance_from(lengths, *bounds.lengths), counted)
    joints = keypoints_to_joints(keypoints, bones)
    cosines = bone_cosines(poses, bones)
    found['angle'] = _mean(distance_from(cosines, *bounds.cosines), joints)
    return found


def distance_from(values: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Of values [B, N] from the intervals of each column; 0 inside."""
    return (low - values).clamp_min(0) + (values - high).clamp_min(0)


def _mean(values: Tensor, counted: Tensor) -> Tensor:
    """Of each row of [B, N], over the columns that count."""
    return (values * counted).sum(1) / counted.sum().clamp_min(1)
