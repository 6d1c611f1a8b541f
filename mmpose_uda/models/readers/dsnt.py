"""Reading integral regression heads whose heatmaps are trained too."""

import torch
from mmpose.codecs import IntegralRegressionLabel
from mmpose.models.heads import DSNTHead
from torch import Tensor

from mmpose_uda.models.readers.heatmap import render_gaussians
from mmpose_uda.models.readers.integral import IntegralReader
from mmpose_uda.models.readers.registry import READERS
from mmpose_uda.models.readers.soft_weights import LossTerm


@READERS.register_module()
class DSNTReader(IntegralReader):
    """Reads a :class:`DSNTHead`: labels and losses of the points and of the heatmaps.

    Not one that drops the loss of the heatmaps after some epochs (``lambda_t``).

    Note:
        With current torch, mmpose's ``JSDiscretLoss`` has NaN as gradient as soon as a
        keypoint weighs 0, labels or pseudo labels. Its ``KeypointMSELoss`` has not.
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
        losses = self.head.loss_module.loss_modules
        return [LossTerm(*term) for term in zip(losses, outputs, targets)]
