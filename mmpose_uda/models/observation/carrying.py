"""What one view tells, in another view of the same images."""

from typing import Any

import torch
from torch import Tensor

from mmpose_uda.models.observation.view_observation import ViewObservation
from mmpose_uda.models.utils import (
    between_views,
    swap_where_mirrored,
    transform_points,
)


@torch.no_grad()
def carried(seen: ViewObservation, into: ViewObservation) -> tuple[Tensor, Tensor]:
    """Points [B, K, A] and confidence [B, K] that one view tells, in another view."""
    matrices = between_views(seen.warp_mats, into.warp_mats)
    flip_indices = into.data_samples[0].metainfo['flip_indices']
    predicted = seen.distributions
    points = transform_points(predicted.points(), matrices)
    points = swap_where_mirrored(points, matrices, flip_indices)
    return points, swap_where_mirrored(predicted.confidence(), matrices, flip_indices)


@torch.no_grad()
def carried_targets(seen: ViewObservation, into: ViewObservation) -> Any:
    """What the maps of one view say, as labels of another that the head's loss takes.

    Of a head whose reader ``carries_maps``.
    """
    matrices = between_views(seen.warp_mats, into.warp_mats)
    flip_indices = into.data_samples[0].metainfo['flip_indices']
    return seen.reader.carried_targets(seen.head_outputs, matrices, flip_indices)
