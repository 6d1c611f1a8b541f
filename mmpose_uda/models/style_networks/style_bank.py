"""Styles kept for later steps."""

from typing import Optional

import torch
from mmengine.dist import all_gather
from torch import Tensor


class StyleBank:
    """The statistics of the first style images of a run.

    They spare encoding a batch of style images in every step. All processes of a
    distributed training keep the same statistics, those of all their images.

    Args:
        size (int): How many images are kept.

    Attributes:
        styles (Tensor | None): Mean and deviation [N, 2, C], N at most ``size``: the state
            that a resumed run needs.
    """

    def __init__(self, size: int):
        self.size = size
        self.styles: Optional[Tensor] = None

    def __len__(self) -> int:
        return 0 if self.styles is None else len(self.styles)

    @property
    def is_full(self) -> bool:
        """Whether no more images are needed."""
        return len(self) >= self.size

    def add(self, mean: Tensor, std: Tensor) -> None:
        """Keep the statistics of some images, [B, C, 1, 1] each, while there is room.

        Every process must call this with the same number of images.
        """
        new = torch.stack([mean, std], dim=1).flatten(2)
        kept = [] if self.styles is None else [self.styles]
        self.styles = torch.cat([*kept, *all_gather(new)])[: self.size]

    def pick(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and deviation, [n, C, 1, 1] each, of the entries ``index`` [n]."""
        mean, std = self.styles[index, ..., None, None].unbind(1)
        return mean, std
