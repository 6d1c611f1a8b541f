"""How much shorter predicted bones are than true ones."""

from typing import Sequence

import torch
from torch import Tensor, nn

from mmpose_uda.models.utils import sum_over_processes


class BoneShrinkage(nn.Module):
    """Running ratio of predicted to true bone lengths on labelled images.

    A network that is uncertain about a depth predicts near its mean, so its poses are
    flatter than true ones. A prior on the true bone lengths would compensate by making
    them wider; multiplied by this ratio it gives the width that is right on the source.
    Both lengths are measured under weak perspective, at the scale of the labels.

    Ours. The ratio is a running average, as BatchNorm's statistics are, and starts at 1.

    Args:
        skeleton (Sequence[tuple[int, int]]): Bones as pairs of keypoint indices.
        momentum (float): Weight of a new batch in the running average.
    """

    def __init__(self, skeleton: Sequence[tuple[int, int]], momentum: float = 0.01):
        super().__init__()
        self.momentum = momentum
        starts, ends = torch.tensor(skeleton).unbind(1)
        # from the config, not learned
        self.register_buffer('starts', starts, persistent=False)
        self.register_buffer('ends', ends, persistent=False)
        self.register_buffer('ratio', torch.ones(()))

    @torch.no_grad()
    def update(
        self, predicted: Tensor, labels: Tensor, weights: Tensor, mm_per_px: Tensor
    ) -> None:
        """Move the ratio towards that of a batch.

        Args:
            predicted (Tensor): [B, K, 3], crop px and mm.
            labels (Tensor): [B, K, 3], the true points in the same units.
            weights (Tensor): [B, K]; bones with an end of weight 0 are left out, and a
                batch whose bones have no length changes nothing. Sums are over the batches
                of all processes.
            mm_per_px (Tensor): [B], scale of the labels.
        """
        known = (weights[:, self.starts] > 0) & (weights[:, self.ends] > 0)
        lengths = [
            torch.where(known, self._lengths(points, mm_per_px), 0).sum()
            for points in (predicted, labels)
        ]
        lengths = sum_over_processes(torch.stack(lengths))
        ratio = torch.where(lengths[1] > 0, lengths[0] / lengths[1], self.ratio)
        self.ratio.lerp_(ratio, self.momentum)

    def _lengths(self, points: Tensor, mm_per_px: Tensor) -> Tensor:
        """Lengths of all bones, [B, bones], mm."""
        bones = points[:, self.ends] - points[:, self.starts]
        lateral = bones[..., :2] * mm_per_px[:, None, None]
        return torch.cat([lateral, bones[..., 2:]], dim=-1).norm(dim=-1)
