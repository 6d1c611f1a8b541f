"""Small constants on the device, copied there once and not in every step."""

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor


def constant(values: Sequence, like: Tensor) -> Tensor:
    """Numbers as a tensor of the type and on the device of another; not to be changed."""
    return _made(tuple(values), like.dtype, like.device)


def constant_index(values: Sequence[int], like: Tensor) -> Tensor:
    """Indices, long, on the device of a tensor; not to be changed."""
    return _made(tuple(values), torch.long, like.device)


@lru_cache(maxsize=256)
def _made(values: tuple, dtype: torch.dtype, device: torch.device) -> Tensor:
    # whoever asks first, all others get it, with gradients or without
    with torch.inference_mode(False):
        return torch.tensor(values, dtype=dtype, device=device)
