"""Splits as the published code draws them."""

import random
from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar('_T')
_SEED = 42
_TEST = 3200


def shuffled(items: Sequence[_T], seed: int = _SEED) -> list[_T]:
    """Return a copy in the order that ``random.seed(seed); random.shuffle`` gives."""
    items = list(items)
    random.Random(seed).shuffle(items)
    return items


def held_out(items: Sequence[_T]) -> tuple[list[_T], list[_T]]:
    """Split into train and test as RegDA's code does.

    The test is the first 20 % of the shuffled items, at most 3200.
    """
    items = shuffled(items)
    count = min(int(0.2 * len(items)), _TEST)
    return items[count:], items[:count]


def drawn_with_replacement(items: Sequence[_T], count: int = _TEST) -> list[_T]:
    """Draw as ``random.seed(42); random.choices`` in RegDA's code: items may repeat."""
    return random.Random(_SEED).choices(items, k=count)
