"""What one view tells, in another view of the same images."""

from collections.abc import Sequence
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
    matrices, flip_indices = _change_of_view(seen, into)
    predicted = seen.distributions
    points = transform_points(predicted.points(), matrices)
    points = swap_where_mirrored(points, matrices, flip_indices)
    return points, swap_where_mirrored(predicted.confidence(), matrices, flip_indices)


@torch.no_grad()
def carried_targets(seen: ViewObservation, into: ViewObservation) -> Any:
    """What the maps of one view say, as labels of another that the head's loss takes.

    Of a head whose reader ``carries_maps``.
    """
    return seen.reader.carried_targets(seen.head_outputs, *_change_of_view(seen, into))


def _change_of_view(
    seen: ViewObservation, into: ViewObservation
) -> tuple[Tensor, Sequence[int]]:
    """From px of one view to px of the other, [B, 3, 3]; what keypoints are in a mirror."""
    matrices = between_views(seen.warp_mats, into.warp_mats)
    return matrices, into.data_samples[0].metainfo['flip_indices']
