"""Fits keypoint distributions to points."""

from typing import Protocol, Sequence, Union

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn


class Axis(Protocol):
    """What the loss needs of an axis: bins [B, K, N] that are ``step`` apart."""

    log_probs: Tensor
    probs: Tensor
    step: float

    def gaussian_labels(self, points: Tensor, sigma: float) -> Tensor:
        """Gaussians [B, K, N] around points [B, K], with ``sigma`` in bins."""


class Axes(Protocol):
    """Distributions of keypoints along axes, as readers of heads provide them."""

    axes: Sequence[Axis]

    def points(self) -> Tensor:
        """Predicted coordinates, [B, K, A]."""


@MODELS.register_module()
class KeypointDistributionLoss(nn.Module):
    """Cross entropy to the labels' distributions, plus L1 of the predicted coordinates.

    The distribution of a labelled point is a Gaussian around it; a label may also be a
    distribution, with its own uncertainty. A label of only the first axes, such as x and y
    without depth, trains only those.

    The cross entropy shapes each axis's distribution (as SimCC, Li et al. 2022); the L1
    term fits the coordinate that is read from it, the mean of all of it (integral
    regression, Sun et al. 2018) or of its peak. Both are needed because the peak decides
    how far a prediction is trusted.

    Args:
        sigma (float): Standard deviation of the Gaussians, in bins.
        l1_weight (float): Weight of the L1 term, whose unit is the length of the axis.
        loss_weight (float): Weight of the sum.
    """

    def __init__(
        self, sigma: float = 1.0, l1_weight: float = 10.0, loss_weight: float = 1.0
    ):
        super().__init__()
        self.sigma = sigma
        self.l1_weight = l1_weight
        self.loss_weight = loss_weight

    def forward(
        self, predicted: Axes, labels: Union[Tensor, Axes], weights: Tensor
    ) -> Tensor:
        """Mean over axes and weighted keypoints; axes without a label contribute 0.

        Args:
            predicted (KeypointDistributions): Along x, y and perhaps z.
            labels (Tensor | KeypointDistributions): For the first A of these axes: points
                [B, K, A] in crop px and mm, or distributions.
            weights (Tensor): [B, K]; 0 leaves a keypoint out, whatever its label is.

        Returns:
            Tensor: Scalar.
        """
        is_of_points = isinstance(labels, Tensor)
        points = labels if is_of_points else labels.points()
        points = torch.where(weights.unsqueeze(-1) > 0, points, torch.zeros_like(points))
        labelled = points.shape[-1]
        errors = (predicted.points()[..., :labelled] - points).abs()
        terms = []
        for i, axis in enumerate(predicted.axes[:labelled]):
            if is_of_points:
                probs = axis.gaussian_labels(points[..., i], self.sigma)
            else:
                probs = labels.axes[i].probs
            cross_entropy = -(probs * axis.log_probs).sum(-1)
            length = axis.step * axis.log_probs.shape[-1]
            terms.append(cross_entropy + self.l1_weight * errors[..., i] / length)
        per_keypoint = torch.stack(terms).sum(0) / len(predicted.axes)
        # Divide by all B * K keypoints, not by the sum of weights: a batch whose pseudo
        # labels are all uncertain must count little.
        return self.loss_weight * (weights * per_keypoint).mean()
