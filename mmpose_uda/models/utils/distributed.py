"""What several processes have together."""

from collections.abc import Iterable

import torch
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

    mmengine's ``all_reduce`` passes none on, and torch has no such function that is there
    in all releases which mmpose runs on.

    Args:
        values (Tensor): Of one shape everywhere.

    Returns:
        Tensor: The same on every process; without a process group ``values`` itself.
    """
    if not _are_several():
        return values
    return _SumOverProcesses.apply(values)


def mean_over_processes(values: Tensor) -> Tensor:
    """Mean of a tensor over all processes, with gradient."""
    return sum_over_processes(values) / _count()


@torch.no_grad()
def gather_from_processes(values: Tensor) -> Tensor:
    """A tensor [B, ...] of every process, one after the other, without gradient."""
    if not _are_several():
        return values
    parts = [torch.empty_like(values) for _ in range(_count())]
    distributed.all_gather(parts, values.contiguous())
    return torch.cat(parts)


@torch.no_grad()
def average_buffers(modules: Iterable[nn.Module]) -> None:
    """Make what networks learn beside their weights equal on all processes.

    That is running statistics of BatchNorm and learned ratios: every process has those of
    its own images. Buffers of integers count steps and are equal anyway.

    Args:
        modules (Iterable[nn.Module]): Whose floating point buffers are averaged, in one
            message for each type of number.
    """
    if not _are_several():
        return
    by_type: dict[torch.dtype, list[Tensor]] = {}
    for module in modules:
        for buffer in module.buffers():
            if buffer.is_floating_point():
                by_type.setdefault(buffer.dtype, []).append(buffer)
    for buffers in by_type.values():
        flat = torch.cat([buffer.flatten() for buffer in buffers])
        distributed.all_reduce(flat)
        flat /= _count()
        for buffer, mean in zip(buffers, flat.split([b.numel() for b in buffers])):
            buffer.copy_(mean.view_as(buffer))


def _are_several() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def _count() -> int:
    return distributed.get_world_size() if _are_several() else 1
