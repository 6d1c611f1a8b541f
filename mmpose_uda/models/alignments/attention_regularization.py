"""Regularisation of the backbone's attention."""

from itertools import pairwise
from typing import Sequence

from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import (
    Alignment,
    require_masked_encoder,
    views_of_foreground,
)
from mmpose_uda.models.alignments.frozen_backbone import FrozenBackbone
from mmpose_uda.models.observation import Observations
from mmpose_uda.models.utils import pool_to_patches


@MODELS.register_module()
class AttentionRegularization(Alignment):
    """Regularises the attention of chosen layers (arXiv 2501.08408).

    Three terms, each with its own weight and skipped if that is 0:

    * foreground: foreground patches attend to the foreground;
    * agreement: neighbours among ``layers`` attend alike, averaged over heads;
    * pretrained: every head attends as it did in the pre-trained backbone. That is a copy
      of the student's backbone from the first step of this part, kept in checkpoints. To
      compare with the end of a pre-training phase, activate the part only in the phases
      after it; if the backbone starts from a checkpoint, from the first phase on.

    The paper mentions a regularisation of attention on the foreground and across layers;
    its formulas are not public, so all three are ours.

    Args:
        layers (Sequence[int]): Backbone layers.
        loss (dict): Loss of (attention, foreground) for the foreground term.
        views (Sequence[str]): Views whose attention is regularised.
        foreground_weight (float): Weight of the foreground term.
        agreement_weight (float): Weight of the agreement term.
        pretrained_weight (float): Weight of the pretrained term.
        distance (dict): Loss of (attention, attention) for the other two terms.
        loss_weight (float): Weight of all terms.
        ramp_iters (int): Steps over which the weight grows.

    Raises:
        UserError: All weights are 0.
    """

    def __init__(
        self,
        layers: Sequence[int],
        loss: dict = dict(type='AttentionRegularizationLoss'),
        views: Sequence[str] = ('source', 'target_student'),
        foreground_weight: float = 1.0,
        agreement_weight: float = 0.0,
        pretrained_weight: float = 0.0,
        distance: dict = dict(type='AttentionDistanceLoss'),
        loss_weight: float = 1.0,
        ramp_iters: int = 0,
    ):
        super().__init__(loss_weight, ramp_iters)
        if not (foreground_weight or agreement_weight or pretrained_weight):
            raise UserError(
                'AttentionRegularization: one of foreground_weight, agreement_weight and '
                'pretrained_weight must not be 0.'
            )
        self.attention_layers = tuple(layers)
        self.loss_module = MODELS.build(loss)
        self.distance = MODELS.build(distance)
        self.foreground_weight = foreground_weight
        self.agreement_weight = agreement_weight
        self.pretrained_weight = pretrained_weight
        self.regularised = tuple(views)
        self.views = self.regularised

    def check(self, name, estimator) -> None:
        """See the base class; also find out which views the foreground is read from.

        The pre-trained backbone gets its module here, before the copy is made, so that a
        resumed run can load it.
        """
        require_masked_encoder(name, estimator)
        backbone = estimator.student.backbone
        depth = len(backbone.layers)
        if not all(0 <= layer < depth for layer in self.attention_layers):
            raise UserError(
                f'The part {name!r} has layers={list(self.attention_layers)}, but the '
                f'backbone has layers 0 to {depth - 1}: choose from these.'
            )
        if self.agreement_weight and len(set(self.attention_layers)) < 2:
            raise UserError(
                f'The part {name!r} has agreement_weight={self.agreement_weight}, but '
                f'layers={list(self.attention_layers)}: name two layers or more.'
            )
        if self.foreground_weight:
            needed = views_of_foreground(name, estimator, self.regularised)
            self.views = (*self.regularised, *needed)
        if self.pretrained_weight:
            self.pretrained = FrozenBackbone(backbone)

    def begin_run(self) -> None:
        if self.pretrained_weight:
            self.pretrained.forget()

    def forward(self, observed: Observations) -> dict[str, Tensor]:
        losses = {}
        for view in self.regularised:
            if self.foreground_weight:
                loss = self.foreground_loss(observed, view)
                losses[f'loss_{view}'] = self.foreground_weight * loss
            if self.agreement_weight:
                loss = self.agreement_loss(observed, view)
                losses[f'loss_agreement_{view}'] = self.agreement_weight * loss
            if self.pretrained_weight:
                loss = self.pretrained_loss(observed, view)
                losses[f'loss_pretrained_{view}'] = self.pretrained_weight * loss
        return losses

    def foreground_loss(self, observed: Observations, view: str) -> Tensor:
        """Loss of attention that leaves the foreground, mean over the layers."""
        grid = observed[view].network.backbone.patch_grid
        foreground = pool_to_patches(observed.foreground(view), grid)
        terms = [
            self.loss_module(self.between_patches(observed, view, layer), foreground)
            for layer in self.attention_layers
        ]
        return sum(terms) / len(terms)

    def agreement_loss(self, observed: Observations, view: str) -> Tensor:
        """Distance of the head-averaged maps of neighbouring layers, mean over pairs."""
        layers = sorted(set(self.attention_layers))
        maps = [observed[view].attention[layer].mean(1) for layer in layers]
        terms = [self.distance(lower, upper) for lower, upper in pairwise(maps)]
        return sum(terms) / len(terms)

    def pretrained_loss(self, observed: Observations, view: str) -> Tensor:
        """Distance to the attention of the pre-trained backbone, mean over the layers."""
        seen = observed[view]
        self.pretrained.take_once(seen.network.backbone)
        maps = self.pretrained.attention(seen.images, self.attention_layers)
        terms = [
            self.distance(seen.attention[layer], maps[layer])
            for layer in self.attention_layers
        ]
        return sum(terms) / len(terms)

    @staticmethod
    def between_patches(observed: Observations, view: str, layer: int) -> Tensor:
        """Attention [B, heads, L, L] of a layer without class tokens."""
        extra = observed[view].network.backbone.num_extra_tokens
        return observed[view].attention[layer][..., extra:, extra:]

    def received(self, observed: Observations, view: str, layer: int) -> Tensor:
        """Attention that each patch gets from all patches, for pictures, [B, h, w]."""
        grid = observed[view].network.backbone.patch_grid
        attention = self.between_patches(observed, view, layer)
        return attention.mean((1, 2)).unflatten(1, grid)
