"""Which keypoints have labels in the source."""

import torch
from torch import Tensor, nn

from mmpose_uda.models.utils import sum_over_processes


class LabelledKeypoints(nn.Module):
    """Remembers which keypoints have had a label in any batch of the source.

    If data sets with different keypoints are combined, the source may have no labels for
    some: predictions of those are noise, from which nothing may learn. Labels are
    recognised by their weights, because converters work in the pipeline.

    Args:
        count (int): Number of keypoints K.

    Attributes:
        seen (Tensor): bool [K], which had a label in this run or in those whose weights it
            began with. Saved with the model.
        seen_in_run (Tensor): bool [K], which had one in this run. Saved likewise.
    """

    def __init__(self, count: int):
        super().__init__()
        self.register_buffer('seen', torch.zeros(count, dtype=torch.bool))
        self.register_buffer('seen_in_run', torch.zeros(count, dtype=torch.bool))

    def begin_run(self) -> None:
        """Forget which keypoints had labels in the source of an earlier run."""
        self.seen_in_run.zero_()

    @torch.no_grad()
    def note(self, weights: Tensor) -> None:
        """Note the label weights [B, K] of a batch, over all processes."""
        labelled = sum_over_processes((weights > 0).float().sum(0)) > 0
        self.seen |= labelled
        self.seen_in_run |= labelled

    @property
    def mask(self) -> Tensor:
        """1 where there are labels, else 0, float [K]; 1 everywhere before any is seen."""
        return torch.where(self.seen.any(), self.seen, torch.ones_like(self.seen)).float()

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs) -> None:
        # earlier versions treated every keypoint as labelled
        seen = state_dict.setdefault(f'{prefix}seen', torch.ones_like(self.seen))
        state_dict.setdefault(f'{prefix}seen_in_run', seen.clone())
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
