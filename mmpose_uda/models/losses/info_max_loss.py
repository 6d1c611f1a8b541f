"""Information maximisation on keypoint maps."""

import math
from typing import Optional, Sequence, Union

from mmengine.dist import all_reduce, get_world_size
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.utils import mean_over_processes, sum_over_processes

MODES = ('normalized', 'released')


@MODELS.register_module()
class InfoMaxLoss(nn.Module):
    """Rewards a keypoint for being in one place, but not in the same in every image.

    The pose level of arXiv 2404.14885: the entropy of each prediction minus the entropy of
    their mean over the batch. It needs no labels and takes the raw output of any head
    whose softmax is a distribution of positions: heatmaps, SimCC or RTMCC vectors,
    volumes.

    ``mode='released'`` is the formula of the paper's code, for heatmaps [B, K, H, W]: the
    row and the column means of a heatmap, each through a softmax, should be certain, and
    the softmax of the batch mean of the heatmaps should not; entropies are divided by
    H * W. As those softmaxes have no temperature, they are almost flat, and so is the
    loss. ``mode='normalized'`` is ours: one softmax with a temperature over all positions,
    entropies as a share of the largest possible, and the mean of the probabilities instead
    of that of the logits. Both means are over the batches of all processes.

    Args:
        mode (str): 'normalized' or 'released'.
        temperature (float): Temperature of the softmax of 'normalized'. 0.2 to 0.5 suits
            heatmaps with peaks of 1; 1 suits heads that are trained through a softmax.
        loss_weight (float): Weight of the loss.

    Raises:
        UserError: The mode is unknown or the temperature is not positive.
    """

    def __init__(
        self,
        mode: str = 'normalized',
        temperature: float = 0.5,
        loss_weight: float = 1.0,
    ):
        super().__init__()
        if mode not in MODES:
            raise UserError(f'InfoMaxLoss has mode {mode!r}: use {" or ".join(MODES)}.')
        if temperature <= 0:
            raise UserError(f'InfoMaxLoss needs a temperature over 0, not {temperature}.')
        self.mode = mode
        self.temperature = temperature
        self.loss_weight = loss_weight

    def check(self, outputs: Sequence[Tensor]) -> None:
        """Refuse a head whose output does not fit the mode.

        Args:
            outputs (Sequence[Tensor]): Logits [B, K, ...] of the head for any images.

        Raises:
            UserError: The mode is 'released', and they are not heatmaps.
        """
        for logits in outputs:
            if self.mode == 'released' and logits.ndim != 4:
                raise UserError(
                    "InfoMaxLoss with mode='released' is for heatmaps [B, K, H, W], not "
                    f"for {list(logits.shape)}: use mode='normalized'."
                )

    def forward(
        self,
        outputs: Union[Tensor, Sequence[Tensor]],
        *labels: Optional[Tensor],
        keypoints: Optional[Tensor] = None,
    ) -> Tensor:
        """Mean over the maps of a head.

        Args:
            outputs (Tensor | Sequence[Tensor]): Logits [B, K, ...] of the positions, or
                several such (one per axis).
            *labels (Tensor, optional): Targets and weights, which mmpose's heads pass to
                their loss. They are ignored.
            keypoints (Tensor, optional): Weight of each, [K]. Default: all equal.

        Returns:
            Tensor: Scalar. 'normalized' is between -1 (certain and diverse) and 0.

        Raises:
            UserError: The mode is 'released', and they are not heatmaps.
        """
        maps = [outputs] if isinstance(outputs, Tensor) else outputs
        self.check(maps)
        term = self._released if self.mode == 'released' else self._normalized
        if keypoints is None:
            keypoints = maps[0].new_ones(maps[0].shape[1])
        terms = [term(logits.float(), keypoints.float()) for logits in maps]
        return self.loss_weight * sum(terms) / len(maps)

    def _normalized(self, logits: Tensor, keypoints: Tensor) -> Tensor:
        log_probs = (logits.flatten(2) / self.temperature).log_softmax(-1)
        largest = math.log(log_probs.shape[-1])
        together = entropy(log_mean_over_all_samples(log_probs))
        certainty, diversity = (
            _weighted_mean(entropies, keypoints) / largest
            for entropies in (entropy(log_probs), together)
        )
        return certainty - diversity

    @staticmethod
    def _released(heatmaps: Tensor, keypoints: Tensor) -> Tensor:
        size = heatmaps.shape[2] * heatmaps.shape[3]
        rows = entropy(heatmaps.mean(3).log_softmax(-1))
        columns = entropy(heatmaps.mean(2).log_softmax(-1))
        mean = mean_over_processes(heatmaps.mean(0))
        together = entropy(mean.flatten(1).log_softmax(-1))
        rows, columns, together = (
            _weighted_mean(entropies, keypoints) for entropies in (rows, columns, together)
        )
        return (rows + columns - together) / size


def _weighted_mean(values: Tensor, keypoints: Tensor) -> Tensor:
    """Mean of [..., K] over all axes, with weights [K]."""
    return (values * keypoints).sum(-1).mean() / keypoints.sum()


def entropy(log_probs: Tensor) -> Tensor:
    """Entropy in nats over the last axis.

    Takes logarithms, because the gradient of p log p is not finite if p underflows.
    """
    return -(log_probs.exp() * log_probs).sum(-1)


def log_mean_over_all_samples(log_values: Tensor) -> Tensor:
    """Logarithm of the mean over the batch axis of [B, ...] and over all processes.

    Has a gradient. Batches must have the same size on all processes.
    """
    largest = log_values.detach().amax(0)
    all_reduce(largest, 'max')
    total = sum_over_processes((log_values - largest).exp().sum(0))
    return largest + total.log() - math.log(len(log_values) * get_world_size())
