"""Depthwise convolutions whose way back through bf16 on a CPU is no longer than forth."""

from contextlib import contextmanager
from itertools import product
from typing import Any, Iterator
from unittest.mock import patch

import torch
from torch import Tensor
from torch.nn import functional as F

_Pair = tuple[int, int]
_plain = F.conv2d


@contextmanager
def quick_depthwise(dtype: torch.dtype) -> Iterator[None]:
    """In the block, strided and large depthwise convolutions go back another way.

    oneDNN has no bf16 kernels for two gradients of theirs, and takes 20 to 200 times as
    long as for the convolution itself (docs/performance.md): those of the images where it
    is strided, which are computed in fp32 here, and those of more than 3 x 3 weights, which
    are put together of pieces of 3 x 3. The values are the same up to rounding. Layers of
    torch, mmcv and timm call ``torch.nn.functional.conv2d``, whose place this takes.

    Args:
        dtype (torch.dtype): What these convolutions compute in.
    """

    def conv2d(images: Tensor, weight: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        options = _Options(*args, **kwargs)
        if torch.is_grad_enabled() and options.are_slow(images, weight):
            return _Depthwise.apply(
                images.to(dtype), weight.to(dtype), options.stride, options.padding
            )
        return _plain(images, weight, *args, **kwargs)

    with patch.object(F, 'conv2d', conv2d):
        yield


class _Options:
    """Of ``conv2d``, as torch orders them; numbers for rows and columns."""

    def __init__(self, bias=None, stride=1, padding=0, dilation=1, groups=1):
        self.bias = bias
        self.stride = _pair(stride)
        self.padding = _pair(padding)
        self.dilation = _pair(dilation)
        self.groups = groups

    def are_slow(self, images: Tensor, weight: Tensor) -> bool:
        """Whether they and the weights are of what has no kernel."""
        sides = weight.shape[2:]
        return (
            1 < self.groups == len(weight) == images.shape[1]
            and (max(self.stride) > 1 or max(sides) > 3)
            and min(sides) >= 3
            and self.bias is None
            and self.dilation == (1, 1)
            and self.padding not in ('same', 'valid')
        )


def _pair(value: Any) -> Any:
    return (value, value) if isinstance(value, int) else value


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, images, weight, stride, padding):
        ctx.save_for_backward(images, weight)
        ctx.stride, ctx.padding = stride, padding
        return _plain(images, weight, None, stride, padding, groups=len(weight))

    @staticmethod
    def backward(ctx, gradient):
        images, weight = ctx.saved_tensors
        wants_images, wants_weight, *_ = ctx.needs_input_grad
        of_images = of_weight = None
        if wants_images:
            of_images = _of_images(gradient, images, weight, ctx.stride, ctx.padding)
        if wants_weight:
            of_weight = _of_weight(gradient, images, weight, ctx.stride, ctx.padding)
        return of_images, of_weight, None, None


def _of_images(
    gradient: Tensor, images: Tensor, weight: Tensor, stride: _Pair, padding: _Pair
) -> Tensor:
    dtype = torch.float32 if max(stride) > 1 else gradient.dtype
    like = torch.empty_like(images, dtype=dtype)
    args = gradient.to(dtype), like, weight.to(dtype)
    of_images, *_ = _gradients(*args, stride, padding, wanted=[True, False, False])
    return of_images.to(gradient.dtype)


def _of_weight(
    gradient: Tensor, images: Tensor, weight: Tensor, stride: _Pair, padding: _Pair
) -> Tensor:
    """A piece of 3 x 3 weights convolves a part of the images."""
    if any(padding):
        images = F.pad(images, (padding[1], padding[1], padding[0], padding[0]))
    met = [(length - 1) * step + 3 for length, step in zip(gradient.shape[2:], stride)]
    rows, columns = weight.shape[2:]
    found = torch.empty_like(weight)
    for y, x in product(_pieces(rows), _pieces(columns)):
        part = images[..., y : y + met[0], x : x + met[1]]
        piece = (..., slice(y, y + 3), slice(x, x + 3))
        _, found[piece], _ = _gradients(
            gradient, part, weight[piece], stride, (0, 0), wanted=[False, True, False]
        )
    return found


def _pieces(length: int) -> list[int]:
    """Where pieces of 3 begin that cover it."""
    return sorted({*range(0, length - 2, 3), length - 3})


def _gradients(
    gradient: Tensor,
    images: Tensor,
    weight: Tensor,
    stride: _Pair,
    padding: _Pair,
    wanted: list[bool],
) -> tuple[Tensor, Tensor, Tensor]:
    """Of images, weight and bias; ``torch.nn.grad`` drops how the images lie in memory."""
    return torch.ops.aten.convolution_backward(
        gradient,
        images,
        weight,
        None,
        stride,
        padding,
        (1, 1),
        False,
        (0, 0),
        len(weight),
        wanted,
    )
