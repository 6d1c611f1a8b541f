"""Sums of the exponentials of volumes, whose gradient takes one pass over a volume."""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def volume_sums(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Sum the exponentials of volumes over depth, and over the image.

    They are relative to each volume's peak, which is a constant to the gradient: shares of
    the sums do not depend on it. Automatic differentiation would expand the gradients of
    both sums to volumes, add these, and multiply them by the cells; here that is one pass.
    One exponential serves all marginals of a volume.

    Args:
        logits (Tensor): [B, K, D, h, w].

    Returns:
        tuple[Tensor, Tensor]: [B, K, h, w] and [B, K, D], in float32.
    """
    # Without a gradient, and so in exports, these are plain operators.
    if torch.is_grad_enabled() and logits.requires_grad:
        return _VolumeSums.apply(logits)
    return _sums(_cells(logits))


class _VolumeSums(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits: Tensor) -> tuple[Tensor, Tensor]:
        cells = _cells(logits)
        ctx.save_for_backward(cells)
        ctx.dtype = logits.dtype
        return _sums(cells)

    @staticmethod
    @once_differentiable
    def backward(ctx, of_image: Tensor, of_depths: Tensor) -> Tensor:
        (cells,) = ctx.saved_tensors
        gradient = of_image.unsqueeze(2) + of_depths[..., None, None]
        return gradient.mul_(cells).to(ctx.dtype)


def _cells(logits: Tensor) -> Tensor:
    # The features of a transformer are channels-last, where reductions are slow.
    volume = logits.to(torch.float32, memory_format=torch.contiguous_format)
    return (volume - volume.flatten(2).amax(2)[..., None, None, None]).exp_()


def _sums(cells: Tensor) -> tuple[Tensor, Tensor]:
    return cells.sum(2), cells.flatten(3).sum(3)
