"""Mixed precision on any device, without what is slow in bf16 on a CPU."""

from contextlib import ExitStack, contextmanager
from typing import Iterator

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from .depthwise import quick_depthwise


@contextmanager
def mixed_precision(device_type: str, dtype: torch.dtype) -> Iterator[None]:
    """Autocast in the block; on a CPU also what goes back through it quickly.

    Args:
        device_type (str): As ``torch.autocast`` takes it.
        dtype (torch.dtype): What products and convolutions compute in.
    """
    with ExitStack() as modes:
        modes.enter_context(torch.autocast(device_type, dtype=dtype))
        if device_type == 'cpu':
            # torch's fused attention goes back through bf16 five times as slowly
            modes.enter_context(sdpa_kernel(SDPBackend.MATH))
            modes.enter_context(quick_depthwise())
        yield
