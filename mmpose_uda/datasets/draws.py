"""Orders and random numbers that depend only on a seed and a draw."""

import functools
import random
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Optional

import numpy as np


class Draw(NamedTuple):
    """A request to a data set of views.

    Args:
        number (int): Number of the draw, a non-negative integer of any size.
        views (tuple[str, ...], optional): Views to make; None leaves them to the data set.
    """

    number: int
    views: Optional[tuple[str, ...]] = None


@functools.lru_cache(maxsize=8)  # a batch may span two passes of each domain
def permutation(seed: int, domain: str, epoch: int, length: int) -> np.ndarray:
    """The order in which an epoch visits a domain of ``length`` samples."""
    entropy = [seed, zlib.crc32(domain.encode()), epoch]
    return np.random.default_rng(entropy).permutation(length)


def seed_by(*key: Any) -> None:
    """Seed ``random`` and ``np.random`` from a key, the same in every process."""
    random.seed('/'.join(map(str, key)))
    np.random.seed(random.getrandbits(32))


@contextmanager
def kept_random_states() -> Iterator[None]:
    """Restore the states of ``random`` and ``np.random`` afterwards."""
    states = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
