"""Learns how large an error is."""

import math

from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class LaplaceScaleLoss(nn.Module):
    """Negative log-likelihood of errors under Laplace distributions of predicted scale.

    The scale is learned as by Kendall and Gal (2017, arXiv 1703.04977), but without a
    gradient to the errors: with it, a network neglects what it is uncertain of (Seitzer et
    al. 2022, arXiv 2203.09168). Points are trained by their L1 loss only.

    Args:
        loss_weight (float): Weight of the loss. The default keeps it an auxiliary one.
    """

    def __init__(self, loss_weight: float = 0.1):
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, log_scales: Tensor, errors: Tensor, weights: Tensor) -> Tensor:
        """Mean over coordinates and weighted keypoints.

        Args:
            log_scales (Tensor): Logarithm of each scale, [B, K], in the unit of the errors.
            errors (Tensor): Absolute errors [B, K, A]; no gradient reaches them.
            weights (Tensor): [B, K]; errors of keypoints of weight 0 must be finite too.

        Returns:
            Tensor: Scalar.
        """
        relative = errors.detach().mean(-1) * (-log_scales).exp()
        return self.loss_weight * (weights * (log_scales + math.log(2) + relative)).mean()
