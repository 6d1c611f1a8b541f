"""Carries predictions from one view into another view of the same images."""

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
    """Points [B, K, A] and confidence [B, K] of one view, carried into another."""
    matrices, flip_indices = _change_of_view(seen, into)
    predicted = seen.distributions
    points = transform_points(predicted.points(), matrices)
    points = swap_where_mirrored(points, matrices, flip_indices)
    return points, swap_where_mirrored(predicted.confidence(), matrices, flip_indices)


@torch.no_grad()
def carried_targets(seen: ViewObservation, into: ViewObservation) -> Any:
    """The maps of one view as labels of another, as the head's loss takes them.

    Only for a head whose reader ``carries_maps``.
    """
    return seen.reader.carried_targets(seen.head_outputs, *_change_of_view(seen, into))


def _change_of_view(
    seen: ViewObservation, into: ViewObservation
) -> tuple[Tensor, Sequence[int]]:
    """Matrices [B, 3, 3] from px of one view to px of the other, and the flip indices."""
    matrices = between_views(seen.warp_mats, into.warp_mats)
    return matrices, into.data_samples[0].metainfo['flip_indices']
