"""The loss of a domain discriminator."""

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F


@MODELS.register_module()
class DomainAdversarialLoss(nn.Module):
    """Binary cross entropy of a domain discriminator; the source is 0, the target 1.

    Behind a gradient reversal the same loss trains the discriminator to distinguish the
    domains and the features to prevent that (arXiv 2404.14885, feature level).

    Args:
        loss_weight (float): Weight of the loss.
    """

    def __init__(self, loss_weight: float = 1.0):
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Sum of the mean losses of both domains.

        Args:
            source (Tensor): Logits of any shape, of source features.
            target (Tensor): Logits of any shape, of target features.

        Returns:
            Tensor: Scalar; 2 log 2 for a discriminator that gives 0 everywhere.
        """
        of_source = F.binary_cross_entropy_with_logits(source, torch.zeros_like(source))
        of_target = F.binary_cross_entropy_with_logits(target, torch.ones_like(target))
        return self.loss_weight * (of_source + of_target)


@torch.no_grad()
def domain_accuracy(source: Tensor, target: Tensor) -> Tensor:
    """Share of correct logits, averaged over both domains; 0.5 is chance level."""
    return 0.5 * ((source < 0).float().mean() + (target > 0).float().mean())
