"""Keeps attention on the foreground."""

from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.models.utils import mean_over_processes


@MODELS.register_module()
class AttentionRegularizationLoss(nn.Module):
    r"""Negative log of the attention mass that foreground queries keep on the foreground.

    :math:`L = -\sum_q f_q \log \sum_l f_l \bar A_{q,l} / \sum_q f_q` with the attention
    :math:`\bar A` averaged over heads. (The paper's own formula is not public; this is
    candidate (a) of the forms that fit its description.) The denominator is averaged over
    all processes, so that the mean of their losses is that of the whole batch.

    Args:
        loss_weight (float): Weight of the loss.
    """

    def __init__(self, loss_weight: float = 1.0):
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, attention: Tensor, foreground: Tensor) -> Tensor:
        """Loss of one layer.

        Args:
            attention (Tensor): [B, heads, L, L], rows are queries and sum to one,
                or less where class tokens get attention.
            foreground (Tensor): [B, L] in [0, 1].

        Returns:
            Tensor: Scalar; 0 for a batch without any foreground.
        """
        on_foreground = (attention.mean(1) * foreground.unsqueeze(1)).sum(-1)
        per_query = -on_foreground.clamp_min(1e-6).log()
        mass = mean_over_processes(foreground.sum()).clamp_min(1e-6)
        return self.loss_weight * (foreground * per_query).sum() / mass
