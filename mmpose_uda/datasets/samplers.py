"""Samplers of training draws."""

import itertools
from collections.abc import Iterator, Sized
from typing import Optional

from mmengine.dist import get_dist_info
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import Sampler


@DATA_SAMPLERS.register_module()
class InfiniteDrawSampler(Sampler):
    """Yields the draws ``start * world + rank`` and on in steps of ``world``, for ever.

    What a draw means is up to the dataset (:class:`SourceTargetDataset`), so a resumed
    run needs only to know how many draws were used: nothing is replayed.

    Args:
        dataset (Sized): The dataset.
        seed (int, optional): Ignored; the Runner passes it, the dataset has its own.
        start (int): Draws that this rank has already used.
    """

    def __init__(self, dataset: Sized, seed: Optional[int] = None, start: int = 0):
        self.dataset = dataset
        self.rank, self.world_size = get_dist_info()
        self.set_start(start)

    def set_start(self, start: int) -> None:
        """Set how many draws this rank has already used.

        Args:
            start (int): Iterations times the batch size of one rank. It takes effect
                when the next iterator is made.
        """
        self.start = start

    def __iter__(self) -> Iterator[int]:
        return itertools.count(
            self.start * self.world_size + self.rank, self.world_size
        )

    def __len__(self) -> int:
        """Samples in one pass over the dataset, for progress displays only."""
        return len(self.dataset)
