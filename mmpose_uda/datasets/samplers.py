"""Samplers of training draws."""

import itertools
from collections.abc import Iterator, Sized
from typing import Optional

from mmengine.dist import get_dist_info
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import Sampler


class DrawSampler(Sampler):
    """Yields draws: ``start * world + rank`` and on in steps of ``world``.

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


@DATA_SAMPLERS.register_module()
class InfiniteDrawSampler(DrawSampler):
    """Draws for ever, for loops that count iterations."""

    def __len__(self) -> int:
        """Samples in one pass over the dataset, for progress displays only."""
        return len(self.dataset)


@DATA_SAMPLERS.register_module()
class EpochDrawSampler(DrawSampler):
    """The draws of one pass over the dataset, other ones in every epoch.

    For loops that count epochs. mmengine's ``DefaultSampler`` would repeat the same draws,
    with the same augmentation and the same target images, in all of them.
    """

    def set_epoch(self, epoch: int) -> None:
        """Move to the draws of an epoch; mmengine's ``DistSamplerSeedHook`` calls it."""
        self.set_start(epoch * len(self))

    def __iter__(self) -> Iterator[int]:
        return itertools.islice(super().__iter__(), len(self))

    def __len__(self) -> int:
        """Draws of this rank in an epoch; all ranks have equally many."""
        return -(-len(self.dataset) // self.world_size)
