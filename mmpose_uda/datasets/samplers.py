"""Samplers of training draws."""

import itertools
from collections.abc import Iterator, Sequence, Sized
from typing import Optional

from mmengine.dist import get_dist_info
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import Sampler

from mmpose_uda.datasets.draws import Draw


class DrawSampler(Sampler):
    """Yields draws from ``start + rank`` on, in steps of the number of processes.

    The dataset defines what a draw means (:class:`SourceTargetDataset`), so a resumed run
    only needs to know how many draws were used, on however many processes: nothing is
    replayed. A draw carries the views that it should yield, because workers that were
    started earlier may know other views.

    Args:
        dataset (Sized): The dataset.
        seed (int, optional): Ignored: the Runner passes it, but the dataset has its own.
        start (int): Number of draws already used.
    """

    def __init__(self, dataset: Sized, seed: Optional[int] = None, start: int = 0):
        self.dataset = dataset
        self.rank, self.world_size = get_dist_info()
        self.views: Optional[tuple[str, ...]] = None
        self.set_start(start)

    def set_start(self, start: int) -> None:
        """Set how many draws all processes together have already used.

        It takes effect when the next iterator is made.
        """
        self.start = start

    def set_views(self, views: Sequence[str]) -> None:
        """Set the views that the draws of the next iterator yield."""
        self.views = tuple(views)

    def __iter__(self) -> Iterator[Draw]:
        for number in itertools.count(self.start + self.rank, self.world_size):
            yield Draw(number, self.views)


@DATA_SAMPLERS.register_module()
class InfiniteDrawSampler(DrawSampler):
    """Endless draws, for loops that count iterations."""

    def __len__(self) -> int:
        """Samples in one pass over the dataset, for progress displays only."""
        return len(self.dataset)


@DATA_SAMPLERS.register_module()
class EpochDrawSampler(DrawSampler):
    """The draws of one pass over the dataset, different ones in every epoch.

    For loops that count epochs. mmengine's ``DefaultSampler`` would repeat the same draws,
    with the same augmentation and the same target images, in every epoch.
    """

    def set_epoch(self, epoch: int) -> None:
        """Move to the draws of an epoch; mmengine's ``DistSamplerSeedHook`` calls it.

        If an epoch does not divide evenly among the processes, its last draws are also the
        first of the next epoch.
        """
        self.set_start(epoch * len(self.dataset))

    def __iter__(self) -> Iterator[Draw]:
        return itertools.islice(super().__iter__(), len(self))

    def __len__(self) -> int:
        """Draws of this rank in an epoch, the same number for all ranks."""
        return -(-len(self.dataset) // self.world_size)
