"""Sums, means and gathering over several processes."""

from collections.abc import Iterable

import torch
from mmengine.dist import all_gather, all_reduce_params, get_world_size
from torch import Tensor, distributed, nn


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

    mmengine's ``all_reduce`` passes no gradient on, and torch has no such function in all
    releases that mmpose runs on.

    Args:
        values (Tensor): Of the same shape on every process.

    Returns:
        Tensor: The same on every process; without a process group ``values`` itself.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return values
    return _SumOverProcesses.apply(values)


def mean_over_processes(values: Tensor) -> Tensor:
    """Mean of a tensor over all processes, with gradient."""
    return sum_over_processes(values) / get_world_size()


@torch.no_grad()
def gather_from_processes(values: Tensor) -> Tensor:
    """A tensor [B, ...] of every process, one after the other, without gradient."""
    return torch.cat(all_gather(values))


@torch.no_grad()
def average_buffers(modules: Iterable[nn.Module]) -> None:
    """Make what networks learn besides their weights equal on all processes.

    These are running statistics of BatchNorm and learned ratios, which every process has
    of its own images. Buffers of integers count steps and are equal anyway.

    Args:
        modules (Iterable[nn.Module]): Modules whose floating point buffers are averaged, in
            one message per data type.
    """
    buffers = (buffer for module in modules for buffer in module.buffers())
    all_reduce_params([b for b in buffers if b.is_floating_point()], op='mean')
