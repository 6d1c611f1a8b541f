"""Mixed precision on any device, avoiding what is slow in bf16 on a CPU."""

from contextlib import ExitStack, contextmanager
from typing import Iterator

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from .depthwise import quick_depthwise


@contextmanager
def mixed_precision(device_type: str, dtype: torch.dtype) -> Iterator[None]:
    """Autocast in the block; on a CPU, also avoid operators with a slow backward pass.

    Args:
        device_type (str): As for ``torch.autocast``.
        dtype (torch.dtype): What matrix products and convolutions are computed in.
    """
    with ExitStack() as modes:
        modes.enter_context(torch.autocast(device_type, dtype=dtype))
        if device_type == 'cpu':
            # the backward pass of torch's fused attention is five times as slow in bf16
            modes.enter_context(sdpa_kernel(SDPBackend.MATH))
            modes.enter_context(quick_depthwise())
        yield
