"""Small constants on the device, copied there once rather than in every step."""

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor


def constant(values: Sequence, like: Tensor) -> Tensor:
    """Numbers as a tensor with the type and device of another; do not modify it."""
    return _made(tuple(values), like.dtype, like.device)


def constant_index(values: Sequence[int], like: Tensor) -> Tensor:
    """Indices, long, on the device of another tensor; do not modify them."""
    return _made(tuple(values), torch.long, like.device)


@lru_cache(maxsize=256)
def _made(values: tuple, dtype: torch.dtype, device: torch.device) -> Tensor:
    # all callers share it, so it must not be an inference tensor if the first one is in
    # inference mode
    with torch.inference_mode(False):
        return torch.tensor(values, dtype=dtype, device=device)
