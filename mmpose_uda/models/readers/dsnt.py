"""Reading integral regression heads whose heatmaps are trained too."""

from typing import Callable

import torch
from mmpose.codecs import IntegralRegressionLabel
from mmpose.models.heads import DSNTHead
from mmpose.models.losses import JSDiscretLoss
from torch import Tensor, nn

from mmpose_uda.models.readers.heatmap import render_gaussians
from mmpose_uda.models.readers.integral import IntegralReader
from mmpose_uda.models.readers.registry import READERS
from mmpose_uda.models.readers.soft_weights import LossTerm, Weighing


@READERS.register_module()
class DSNTReader(IntegralReader):
    """Reads a :class:`DSNTHead`: labels and losses of the points and of the heatmaps.

    Heads that drop the loss of the heatmaps after some epochs (``lambda_t``) are not read.

    mmpose's ``JSDiscretLoss`` multiplies heatmaps by the weights and then takes logarithms,
    so the gradient of a keypoint of weight 0 is NaN. Here the weights multiply the losses
    of the keypoints instead.
    """

    fits = 'DSNTHead'

    @classmethod
    def reads(cls, head) -> bool:
        return (
            isinstance(head, DSNTHead)
            and isinstance(head.decoder, IntegralRegressionLabel)
            and head.lambda_t <= 0
        )

    def stack_targets(self, data_samples):
        points, weights = super().stack_targets(data_samples)
        return (points, torch.stack([s.gt_fields.heatmaps for s in data_samples])), weights

    def render_targets(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Shares of the crop's sides [B, K, 2] and heatmaps [B, K, h, w]."""
        codec = self.head.decoder
        heatmaps = render_gaussians(points, codec.heatmap_codec)
        if codec.normalize:
            heatmaps = heatmaps / heatmaps.sum((2, 3), keepdim=True).clamp_min(1e-24)
        return super().render_targets(points), heatmaps

    def loss(self, outputs, targets, weights) -> Tensor:
        return sum(term(weights) for term in self.loss_terms(outputs, targets))

    def loss_terms(self, outputs, targets) -> list[LossTerm]:
        losses = map(_weighing_afterwards, self.head.loss_module.loss_modules)
        return [LossTerm(*term) for term in zip(losses, outputs, targets)]


def _weighing_afterwards(loss: nn.Module) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """The loss with gradients that stay finite for keypoints of weight 0."""
    if not isinstance(loss, JSDiscretLoss) or not loss.use_target_weight:
        return loss
    weigh = Weighing(
        is_linear=False,
        images_are_averaged=loss.size_average,
        keypoints_are_averaged=False,
    )
    return lambda outputs, targets, weights: weigh(
        LossTerm(loss, outputs, targets), weights
    )
