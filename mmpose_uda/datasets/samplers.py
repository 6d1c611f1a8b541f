"""Samplers of training draws."""

import itertools
from collections.abc import Iterator, Sequence, Sized
from typing import Optional

from mmengine.dist import get_dist_info
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import Sampler

from mmpose_uda.datasets.draws import Draw


class DrawSampler(Sampler):
    """Yields draws: ``start + rank`` and on in steps of the number of processes.

    What a draw means is up to the dataset (:class:`SourceTargetDataset`), so a resumed
    run needs only to know how many draws were used, on however many processes: nothing is
    replayed. What it is to yield travels with it: workers that were started before may
    know other views.

    Args:
        dataset (Sized): The dataset.
        seed (int, optional): Ignored; the Runner passes it, the dataset has its own.
        start (int): Draws that are already used.
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
        """Move to the draws of an epoch; mmengine's ``DistSamplerSeedHook`` calls it.

        Where the processes do not share an epoch evenly, its last draws are those that the
        next one begins with.
        """
        self.set_start(epoch * len(self.dataset))

    def __iter__(self) -> Iterator[Draw]:
        return itertools.islice(super().__iter__(), len(self))

    def __len__(self) -> int:
        """Draws of this rank in an epoch; all ranks have equally many."""
        return -(-len(self.dataset) // self.world_size)
