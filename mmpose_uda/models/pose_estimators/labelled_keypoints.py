"""Which keypoints the source has labels of."""

import torch
from torch import Tensor, nn

from mmpose_uda.models.utils import sum_over_processes


class LabelledKeypoints(nn.Module):
    """Remembers the keypoints that a labelled batch has had a label of.

    Where data sets of different keypoints are brought together, the source may have no
    labels of some: what a network says of those is noise, of which nothing may learn. It
    is seen from the weights of labels, because converters work in the pipeline.

    Args:
        count (int): Number of keypoints K.

    Attributes:
        seen (Tensor): bool [K]. It is saved with the model.
    """

    def __init__(self, count: int):
        super().__init__()
        self.register_buffer('seen', torch.zeros(count, dtype=torch.bool))

    @torch.no_grad()
    def note(self, weights: Tensor) -> None:
        """Note the weights [B, K] of a batch of labels, those of all processes."""
        labels = sum_over_processes((weights > 0).float().sum(0))
        self.seen |= labels > 0

    @property
    def mask(self) -> Tensor:
        """1 where there are labels, else 0, float [K]; 1 everywhere before any is seen."""
        return torch.where(self.seen.any(), self.seen, torch.ones_like(self.seen)).float()

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs) -> None:
        # earlier versions took every keypoint for labelled
        state_dict.setdefault(f'{prefix}seen', torch.ones_like(self.seen))
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
