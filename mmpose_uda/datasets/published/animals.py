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
    """A public data set with several animals, each in files and with a split of its own.

    The splits behind the published figures are files that others drew and gave out with
    their code.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): ``'train'`` or ``'valid'``.
        animals (Sequence[str], optional): Which of ``ANIMALS``. Default: see the class.
        own_split (bool): Split by a rule of this package, the same on every machine,
            instead of by the published files. Figures are then not the published ones'.
        **kwargs: As for :class:`PublishedDataset`.

    Raises:
        UserError: There is no such animal, or as of :class:`PublishedDataset`.
    """

    SPLITS = ('train', 'valid')

    ANIMALS: tuple[str, ...]
    """Those that there are."""

    DEFAULT_ANIMALS: tuple[str, ...]
    """Those of the benchmark."""

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
        """Instances of the split, animal by animal."""
        for animal in self.animals:
            yield from self.load_animal(animal)

    @abstractmethod
    def load_animal(self, animal: str) -> Iterator[Instance]:
        """Instances of the split of one animal."""

    def load_split_file(self, path: str) -> np.ndarray:
        """An array of a published split.

        Args:
            path (str): Relative to the data set's folder.

        Raises:
            UserError: It is not there, or not readable.
        """
        full = osp.join(self.data_root, path)
        if not osp.isfile(full):
            raise self.misfit(
                f'has no `{path}`, the published split (`own_split=True` does without)'
            )
        return load_npy(full)

    def selected(self, items: Sequence, numbers: Sequence[int], what: str) -> list:
        """The items of a split by their numbers.

        Args:
            items (Sequence): All of an animal.
            numbers (Sequence[int]): Counted from 0.
            what (str): What an item is, for the error.

        Raises:
            UserError: There are not as many.
        """
        if len(numbers) and max(numbers) >= len(items):
            raise self.misfit(
                f'holds {len(items)} {what}, and its split is of more than {max(numbers)}: '
                'it is another version or unpacked by half'
            )
        return [items[number] for number in numbers]
