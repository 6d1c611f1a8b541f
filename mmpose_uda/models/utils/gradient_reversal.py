"""Gradient reversal."""

from typing import Union

import torch
from torch import Tensor


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx, features: Tensor, coefficient: Union[float, Tensor]) -> Tensor:
        ctx.coefficient = coefficient
        return features.view_as(features)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        return (-ctx.coefficient * gradient).to(gradient.dtype), None


def reverse_gradient(features: Tensor, coefficient: Union[float, Tensor]) -> Tensor:
    """The identity, whose gradient is multiplied by ``-coefficient``.

    Layers after it are trained to do something, layers before it to prevent that (Ganin &
    Lempitsky 2015, eq. 10-11).

    Args:
        features (Tensor): Any shape.
        coefficient (float | Tensor): Scalar; a schedule gives a tensor, which never leaves
            the device.

    Returns:
        Tensor: ``features``.
    """
    return _Reversal.apply(features, coefficient)
