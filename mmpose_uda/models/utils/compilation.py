"""Keeping torch.compile away from functions."""

from collections.abc import Callable

import torch


def uncompiled(function: Callable) -> Callable:
    """Keep a function from being compiled, even if the code that calls it is."""
    compiler = getattr(torch, 'compiler', None)  # new in torch 2.1
    return function if compiler is None else compiler.disable(function)
