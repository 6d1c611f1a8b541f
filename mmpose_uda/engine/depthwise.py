"""Depthwise convolutions whose backward pass in bf16 on a CPU is as fast as the forward."""

from collections.abc import Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any, Iterator, Optional, Union

import torch
from torch import Tensor
from torch.nn import functional as F

_Pair = tuple[int, int]


@contextmanager
def quick_depthwise() -> Iterator[None]:
    """In the block, speed up gradients of strided and large depthwise convolutions in bf16.

    oneDNN has no bf16 kernels for two of their gradients, and takes 20 to 200 times as long
    for them as for the convolution itself (docs/performance.md): the gradient of the images
    if the convolution is strided, which is computed in fp32 here, and the gradient of more
    than 3 x 3 weights, which is assembled from pieces of 3 x 3. The values are the same up
    to rounding. Layers of torch, mmcv and timm call ``torch.nn.functional.conv2d``, which
    this replaces; what is neither in bf16 nor autocast to it is computed as before.
    """
    plain = F.conv2d

    def conv2d(
        input: Tensor,
        weight: Tensor,
        bias: Optional[Tensor] = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        if not (
            torch.is_grad_enabled()
            and _computed_in_bf16(input)
            and _is_depthwise(input, weight, groups)
            and _is_slow(weight, stride, padding, dilation)
        ):
            return plain(input, weight, bias, stride, padding, dilation, groups)
        images, kernels = input.bfloat16(), weight.bfloat16()
        if bias is not None:
            bias = bias.bfloat16()
        return depthwise_conv2d(images, kernels, _pair(stride), _pair(padding), bias)

    F.conv2d = conv2d  # type: ignore[assignment]
    try:
        yield
    finally:
        F.conv2d = plain


def depthwise_conv2d(
    images: Tensor,
    weight: Tensor,
    stride: _Pair,
    padding: _Pair,
    bias: Optional[Tensor] = None,
) -> Tensor:
    """A depthwise convolution without the gradients that are slow in bf16 on a CPU.

    Args:
        images (Tensor): [B, C, H, W].
        weight (Tensor): [C, 1, h, w], with h and w of at least 3.
        stride (tuple[int, int]): Along rows and columns.
        padding (tuple[int, int]): Along rows and columns.
        bias (Tensor, optional): [C].

    Returns:
        Tensor: [B, C, H', W'].
    """
    return _Depthwise.apply(images, weight, bias, stride, padding)


def _computed_in_bf16(images: Tensor) -> bool:
    if torch.is_autocast_enabled('cpu') and images.dtype is torch.float32:
        return torch.get_autocast_dtype('cpu') is torch.bfloat16
    return images.dtype is torch.bfloat16


def _is_depthwise(images: Tensor, weight: Tensor, groups: int) -> bool:
    return images.dim() == 4 and 1 < groups == len(weight) == images.shape[1]


def _is_slow(weight: Tensor, stride: Any, padding: Any, dilation: Any) -> bool:
    sides = weight.shape[2:]
    return (
        (max(_pair(stride)) > 1 or max(sides) > 3)
        and min(sides) >= 3
        and _pair(dilation) == (1, 1)
        and not isinstance(padding, str)
    )


def _pair(value: Union[int, Sequence[int]]) -> _Pair:
    if isinstance(value, int):
        return value, value
    rows, columns = value if len(value) == 2 else (*value, *value)
    return rows, columns


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(images, weight, bias, stride, padding):
        return torch.conv2d(images, weight, bias, stride, padding, groups=len(weight))

    @staticmethod
    def setup_context(ctx, inputs, output):
        images, weight, _, ctx.stride, ctx.padding = inputs
        ctx.save_for_backward(images, weight)

    @staticmethod
    def backward(ctx, gradient):
        images, weight = ctx.saved_tensors
        wants_images, wants_weight, wants_bias, *_ = ctx.needs_input_grad
        of_images = of_weight = of_bias = None
        if wants_images:
            of_images = _of_images(gradient, images, weight, ctx.stride, ctx.padding)
        if wants_weight:
            of_weight = _of_weight(gradient, images, weight, ctx.stride, ctx.padding)
        if wants_bias:
            of_bias = gradient.sum((0, 2, 3))
        return of_images, of_weight, of_bias, None, None


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
    """Each piece of 3 x 3 weights convolves its part of the images."""
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
    """Return where pieces of 3 begin that together cover the length."""
    return sorted({*range(0, length - 2, 3), length - 3})


def _gradients(
    gradient: Tensor,
    images: Tensor,
    weight: Tensor,
    stride: _Pair,
    padding: _Pair,
    wanted: list[bool],
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of images, weight and bias.

    ``torch.nn.grad`` would ignore the memory format of the images.
    """
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
