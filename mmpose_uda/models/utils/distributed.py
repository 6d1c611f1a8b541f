"""Collectives that gradients pass through."""

import torch
from torch import Tensor, distributed


class _SumOverProcesses(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values: Tensor) -> Tensor:
        total = values.clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        # every process's loss depends on the sum, and so on the values of this one
        return _SumOverProcesses.apply(gradient)


def sum_over_processes(values: Tensor) -> Tensor:
    """Sum of a tensor over all processes, with gradient.

    mmengine's ``all_reduce`` passes none on, and torch has no such function that is there
    in all releases which mmpose runs on.

    Args:
        values (Tensor): Of one shape everywhere.

    Returns:
        Tensor: The same on every process; without a process group ``values`` itself.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return values
    return _SumOverProcesses.apply(values)
