"""Gradient reversal."""

import torch
from torch import Tensor


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx, features: Tensor, coefficient: Tensor) -> Tensor:
        ctx.save_for_backward(coefficient)
        return features.view_as(features)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        (coefficient,) = ctx.saved_tensors
        return -coefficient.to(gradient.dtype) * gradient, None


def reverse_gradient(features: Tensor, coefficient: Tensor) -> Tensor:
    """The identity, whose gradient is multiplied by ``-coefficient``.

    What follows is trained to do something, what precedes to prevent it (Ganin &
    Lempitsky 2015, eq. 10-11).

    Args:
        features (Tensor): Any shape.
        coefficient (Tensor): Scalar; a tensor, so that a schedule never leaves the device.

    Returns:
        Tensor: ``features``.
    """
    return _Reversal.apply(features, coefficient)
