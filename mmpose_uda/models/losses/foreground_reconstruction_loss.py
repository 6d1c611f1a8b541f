"""Reconstruction error that emphasises the foreground."""

from typing import Optional

from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.utils import mean_over_processes


@MODELS.register_module()
class ForegroundReconstructionLoss(nn.Module):
    r"""Weighted squared error of the hidden patches.

    With the share of foreground :math:`f_l` and the emphasis :math:`a`,
    :math:`w_l = (1 - a) + a f_l` and
    :math:`L = \sum_l M_l w_l \|\hat x_l - x_l\|^2 / (D \sum_l M_l w_l)`. At ``a = 0`` this
    is exactly MAE's loss. (The paper's own formula is not public; this one is ours.) The
    denominator is averaged over all processes, so that the mean of their losses is that of
    the whole batch.

    Args:
        foreground_emphasis (float): ``a`` in [0, 1). Below 1 so that an image without
            foreground still has a loss.
        loss_weight (float): Weight of the loss.

    Raises:
        UserError: ``foreground_emphasis`` is out of range.
    """

    def __init__(self, foreground_emphasis: float = 0.8, loss_weight: float = 1.0):
        super().__init__()
        if not 0 <= foreground_emphasis < 1:
            raise UserError(
                'ForegroundReconstructionLoss: foreground_emphasis must lie in [0, 1), '
                f'not {foreground_emphasis}.'
            )
        self.foreground_emphasis = foreground_emphasis
        self.loss_weight = loss_weight

    def forward(
        self,
        predicted: Tensor,
        target: Tensor,
        hidden: Tensor,
        foreground: Optional[Tensor] = None,
    ) -> Tensor:
        """Loss over the hidden patches of a batch.

        Args:
            predicted (Tensor): [B, L, D].
            target (Tensor): [B, L, D].
            hidden (Tensor): bool [B, L], True where a patch was hidden.
            foreground (Tensor, optional): [B, L] in [0, 1]. Default: all is foreground.

        Returns:
            Tensor: Scalar.
        """
        error = (predicted - target).square().mean(-1)
        weight = hidden.to(error.dtype)
        if foreground is not None:
            emphasis = self.foreground_emphasis
            weight = weight * ((1 - emphasis) + emphasis * foreground)
        total = mean_over_processes(weight.sum())
        return self.loss_weight * (weight * error).sum() / total
