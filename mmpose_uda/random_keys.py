"""Combine what random numbers depend on into one number."""

import hashlib
from typing import Any

import torch
from mmengine.dist import get_rank
from torch import Tensor


def random_key(*parts: Any) -> int:
    """Return a 63-bit key that depends on every part and is the same in every process."""
    text = '/'.join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], 'big') >> 1


def process_keys(count: int) -> Tensor:
    """Draw keys from torch's random state on the CPU, others in each process.

    mmengine seeds that state alike in all processes.

    Args:
        count (int): Number of keys.

    Returns:
        Tensor: long [count].
    """
    return torch.randint(2**62, (count,)) ^ random_key('process', get_rank())
