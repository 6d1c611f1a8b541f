"""Learning how large an error is."""

import math

from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class LaplaceScaleLoss(nn.Module):
    """Negative log-likelihood of errors under Laplace distributions of predicted scale.

    The scale as Kendall and Gal (2017, arXiv 1703.04977) learn it, but of errors that are
    taken as they are: with their gradient a network gives up what it is unsure of (Seitzer
    et al. 2022, arXiv 2203.09168), and here the L1 loss of the points stays the only one.

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
            weights (Tensor): [B, K]; the errors of a keypoint of weight 0 are finite.

        Returns:
            Tensor: Scalar.
        """
        relative = errors.detach().mean(-1) * (-log_scales).exp()
        return self.loss_weight * (weights * (log_scales + math.log(2) + relative)).mean()
