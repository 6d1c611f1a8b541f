"""What one view tells, in another view of the same images."""

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
