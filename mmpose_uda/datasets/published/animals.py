"""What the public data sets of several animals share."""

import os.path as osp
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Optional

import numpy as np

from mmpose_uda.datasets.files import load_npy
from mmpose_uda.datasets.published.base import Instance, PublishedDataset
from mmpose_uda.errors import UserError


class PublishedAnimals(PublishedDataset):
    """A public data set with several animals, each with its own files and split.

    The splits behind the published figures are files that others drew and published with
    their code.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): ``'train'`` or ``'valid'``.
        animals (Sequence[str], optional): Which of ``ANIMALS``. Default: see the class.
        own_split (bool): Split by a rule of this package, the same on every machine,
            instead of by the published files. Figures are then not of the published split.
        **kwargs: As for :class:`PublishedDataset`.

    Raises:
        UserError: As for :class:`PublishedDataset`; or there is no such animal.
    """

    SPLITS = ('train', 'valid')

    ANIMALS: tuple[str, ...]
    """All animals of the data set."""

    DEFAULT_ANIMALS: tuple[str, ...]
    """The animals of the benchmark."""

    def __init__(
        self,
        data_root: str,
        split: str,
        animals: Optional[Sequence[str]] = None,
        own_split: bool = False,
        **kwargs: Any,
    ):
        animals = self.DEFAULT_ANIMALS if animals is None else tuple(animals)
        if not animals or not set(animals) <= set(self.ANIMALS):
            raise UserError(
                f'{type(self).__name__} has no animals {list(animals)}: name some of '
                f'{", ".join(self.ANIMALS)}.'
            )
        self.animals = sorted(set(animals))
        self.own_split = own_split
        super().__init__(data_root=data_root, split=split, **kwargs)

    def load_instances(self) -> Iterator[Instance]:
        """Yield the instances of the split, animal by animal."""
        for animal in self.animals:
            yield from self.load_animal(animal)

    @abstractmethod
    def load_animal(self, animal: str) -> Iterator[Instance]:
        """Yield the instances of one animal in the split."""

    def load_split_file(self, path: str) -> np.ndarray:
        """Load an array of a published split.

        Args:
            path (str): Relative to the data set's folder.

        Raises:
            UserError: It does not exist, or is not readable.
        """
        full = osp.join(self.data_root, path)
        if not osp.isfile(full):
            raise self.misfit(
                f'has no `{path}`, the published split (not needed with `own_split=True`)'
            )
        return load_npy(full)

    def selected(self, items: Sequence, numbers: Sequence[int], what: str) -> list:
        """Select the items of a split by their numbers.

        Args:
            items (Sequence): All items of an animal.
            numbers (Sequence[int]): Counted from 0.
            what (str): What an item is, for the message.

        Raises:
            UserError: There are too few items for a number.
        """
        if len(numbers) and max(numbers) >= len(items):
            raise self.misfit(
                f'holds {len(items)} {what}, but its split needs more than {max(numbers)}: '
                'it is another version or half-unpacked'
            )
        return [items[number] for number in numbers]
