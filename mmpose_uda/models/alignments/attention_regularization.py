"""Attention regularisation on the foreground."""

from typing import TYPE_CHECKING, Sequence

from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import (
    Alignment,
    require_foreground,
    require_masked_encoder,
)
from mmpose_uda.models.utils import pool_to_patches

if TYPE_CHECKING:
    from mmpose_uda.models.pose_estimators.observation import Observations


@MODELS.register_module()
class AttentionRegularization(Alignment):
    """Keeps the attention of chosen layers on the foreground (arXiv 2501.08408).

    Args:
        layers (Sequence[int]): Backbone layers.
        loss (dict): Loss of (attention, foreground).
        views (Sequence[str]): Views whose attention is regularised.
        loss_weight (float): Weight of the losses.
        ramp_iters (int): Steps over which the weight grows.
    """

    def __init__(
        self,
        layers: Sequence[int],
        loss: dict = dict(type='AttentionRegularizationLoss'),
        views: Sequence[str] = ('source', 'target_student'),
        loss_weight: float = 1.0,
        ramp_iters: int = 0,
    ):
        super().__init__(loss_weight, ramp_iters)
        self.attention_layers = tuple(layers)
        self.loss_module = MODELS.build(loss)
        self.regularised = tuple(views)
        on_target = any(view.startswith('target') for view in views)
        self.views = (*views, 'target_teacher') if on_target else tuple(views)

    def check(self, name, estimator) -> None:
        require_masked_encoder(name, estimator)
        depth = len(estimator.student.backbone.layers)
        if not all(0 <= layer < depth for layer in self.attention_layers):
            raise UserError(
                f'The part {name!r} has layers={list(self.attention_layers)}, but those of '
                f'the backbone are 0 to {depth - 1}: correct them.'
            )
        if 'target_teacher' in self.views:
            require_foreground(name, estimator)

    def forward(self, observed: 'Observations') -> dict[str, Tensor]:
        return {f'loss_{view}': self.loss(observed, view) for view in self.regularised}

    def loss(self, observed: 'Observations', view: str) -> Tensor:
        """Mean over the layers for one view."""
        grid = observed[view].network.backbone.patch_grid
        foreground = pool_to_patches(observed.foreground(view), grid)
        terms = [
            self.loss_module(self.between_patches(observed, view, layer), foreground)
            for layer in self.attention_layers
        ]
        return sum(terms) / len(terms)

    @staticmethod
    def between_patches(observed: 'Observations', view: str, layer: int) -> Tensor:
        """Attention [B, heads, L, L] of a layer without class tokens."""
        extra = observed[view].network.backbone.num_extra_tokens
        return observed[view].attention[layer][..., extra:, extra:]

    def received(self, observed: 'Observations', view: str, layer: int) -> Tensor:
        """Attention that each patch gets from all patches, for pictures, [B, h, w]."""
        grid = observed[view].network.backbone.patch_grid
        attention = self.between_patches(observed, view, layer)
        return attention.mean((1, 2)).unflatten(1, grid)
