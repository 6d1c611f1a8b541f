"""What torch.compile is to leave alone."""

from collections.abc import Callable

import torch


def uncompiled(function: Callable) -> Callable:
    """A function as it is, also where the code that calls it is compiled."""
    compiler = getattr(torch, 'compiler', None)  # not before torch 2.1
    return function if compiler is None else compiler.disable(function)
