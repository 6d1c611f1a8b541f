"""Penalises poses that no body of the source has."""

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

_CRITERIA = ('symmetry', 'range', 'angle')


class Bounds(Protocol):
    """Lower and upper ends of each bone's length and of each joint's cosine."""

    lengths: tuple[Tensor, Tensor]
    cosines: tuple[Tensor, Tensor]


@MODELS.register_module()
class AnatomicalPlausibilityLoss(nn.Module):
    r"""Penalises asymmetry, and bones and angles out of range (da-3dhpe-anatomy).

    With the lengths :math:`l_b` as shares of the mean bone of their pose and the cosines
    :math:`c_j` of the angles between bones that share a keypoint:

    * symmetry: :math:`|l_b - l_{b'}|` of a bone and its mirror image, squared there;
    * range: the distance of :math:`l_b` from its interval;
    * angle: the distance of :math:`c_j` from its interval;

    each averaged over the bones or joints of a pose, and over poses.

    Args:
        symmetry_weight (float): Weight of the first term.
        range_weight (float): Weight of the second.
        angle_weight (float): Weight of the third. All three are 0.1 there.

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
        self.weights = dict(zip(_CRITERIA, weights))

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
            bounds (Bounds): Intervals of N bones and M joints.
            flip_indices (tuple[int, ...]): Keypoint that each one becomes when mirrored.
            keypoints (Tensor, optional): 1 for those that count, else 0, [K]. Default: all.

        Returns:
            dict[str, Tensor]: Scalars by criterion; no 'symmetry' for a one-sided body.
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
    """The criteria of :class:`AnatomicalPlausibilityLoss` for each pose, each [B]."""
    if keypoints is None:
        keypoints = torch.ones(poses.shape[1], device=poses.device)
    counted = keypoints_to_bones(keypoints, bones)
    lengths = relative_lengths(poses, bones, counted)
    found = {}
    pairs = mirrored_bones(bones, flip_indices)
    if pairs:
        one, other = (constant_index(side, poses) for side in zip(*pairs))
        of_both = torch.minimum(counted[one], counted[other])
        apart = (lengths[:, one] - lengths[:, other]).abs()
        found['symmetry'] = _mean(apart, of_both)
    found['range'] = _mean(_distance_from(lengths, *bounds.lengths), counted)
    joints = keypoints_to_joints(keypoints, bones)
    cosines = bone_cosines(poses, bones)
    found['angle'] = _mean(_distance_from(cosines, *bounds.cosines), joints)
    return found


def _distance_from(values: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Distance of values [B, N] from the interval of their column; 0 inside."""
    return (low - values).clamp_min(0) + (values - high).clamp_min(0)


def _mean(values: Tensor, counted: Tensor) -> Tensor:
    """Mean of each row of [B, N] over the columns that count."""
    return (values * counted).sum(1) / counted.sum().clamp_min(1)
