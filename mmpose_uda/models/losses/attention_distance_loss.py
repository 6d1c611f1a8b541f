"""The distance between attention maps."""

from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.errors import UserError


@MODELS.register_module()
class AttentionDistanceLoss(nn.Module):
    r"""Distance of attention distributions, averaged over queries.

    With the attention :math:`p` and :math:`q` of a query over all keys, either the
    symmetric Kullback-Leibler divergence :math:`\sum_l (p_l - q_l)(\log p_l - \log q_l) /
    2` or the squared error :math:`\sum_l (p_l - q_l)^2`. The sum over keys keeps their
    scale independent of the number of patches. (What arXiv 2501.08408 uses is not public;
    both are ours.)

    Args:
        measure (str): 'kl' or 'mse'.
        loss_weight (float): Weight of the loss.

    Raises:
        UserError: ``measure`` is neither.
    """

    def __init__(self, measure: str = 'kl', loss_weight: float = 1.0):
        super().__init__()
        if measure not in ('kl', 'mse'):
            raise UserError(
                f"AttentionDistanceLoss: measure must be 'kl' or 'mse', not {measure!r}."
            )
        self.measure = measure
        self.loss_weight = loss_weight

    def forward(self, attention: Tensor, other: Tensor) -> Tensor:
        """Loss of two maps of the same queries and keys.

        Args:
            attention (Tensor): [..., L, L], rows are queries and sum to one.
            other (Tensor): [..., L, L].

        Returns:
            Tensor: Scalar, 0 where both are the same.
        """
        difference = attention - other
        if self.measure == 'kl':
            log_ratio = attention.clamp_min(1e-6).log() - other.clamp_min(1e-6).log()
            per_query = (difference * log_ratio).sum(-1) / 2
        else:
            per_query = difference.square().sum(-1)
        return self.loss_weight * per_query.mean()
