"""Convolutions that absorb the BatchNorm after them while its statistics are fixed."""

from itertools import pairwise
from typing import Optional

import torch
from timm.layers.conv2d_same import Conv2dSame, conv2d_same
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn


def fold_fixed_norms(network: nn.Module) -> None:
    """Fold BatchNorm layers of a timm network into the convolutions before them.

    In evaluation BatchNorm is the same affine map for all images, and

        norm(weight * images) = (scale * weight) * images + (bias - scale * mean)

    so it costs next to nothing when applied to the weights, whereas applying it to the map
    reads and writes the whole map once more: a sixth of the forward and backward time of
    EfficientNet-Lite0's blocks (docs/performance.md). Gradients reach all parameters as
    before (Tune mode: You et al. 2023, arXiv 2305.11624; mmengine's
    ``efficient_conv_bn_eval`` ignores the padding and the activation of timm's layers).
    Nothing is folded in training. Nor is it in full precision, where a model must predict
    to the last digit what its export with plain layers does; mixed precision rounds more
    coarsely than folding changes.

    Names and weights do not change. A pair is two layers that follow each other in a
    module, which is the order in which timm calls them.

    Args:
        network (nn.Module): Changed in place.
    """
    for module in network.modules():
        for (_, conv), (name, norm) in pairwise(list(module.named_children())):
            if type(conv) in _FOLDING and type(norm) is BatchNormAct2d:
                conv.__class__ = _FOLDING[type(conv)]
                conv.norm_after = (module, name)
                norm.__class__ = _FoldedNorm


class _FoldedNorm(BatchNormAct2d):
    """BatchNorm that only activates while folded: in evaluation, in mixed precision."""

    @property
    def is_folded(self) -> bool:
        if self.training or self.running_mean is None:
            return False
        return torch.is_autocast_enabled(self.running_mean.device.type)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.drop(x)) if self.is_folded else super().forward(x)


class _Folding:
    """The folding itself, a mixin for both kinds of convolution of timm.

    Attributes:
        norm_after (tuple[nn.Module, str]): The module that owns the normalisation, and its
            name there. A tuple, so that torch does not register the module as a part of
            this layer; a name, because SyncBatchNorm may replace the normalisation.
    """

    norm_after: tuple[nn.Module, str]
    weight: Tensor
    bias: Optional[Tensor]

    def forward(self, x: Tensor) -> Tensor:
        owner, name = self.norm_after
        norm = getattr(owner, name)
        if not isinstance(norm, _FoldedNorm) or not norm.is_folded:
            return super().forward(x)  # type: ignore[misc]
        scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        bias = norm.bias - scale * norm.running_mean
        if self.bias is not None:
            bias = bias + scale * self.bias
        return self.convolved(x, self.weight * scale.view(-1, 1, 1, 1), bias)

    def convolved(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Apply the layer with other weights than its own."""
        raise NotImplementedError


class _FoldingConv2d(_Folding, nn.Conv2d):
    def convolved(self, x, weight, bias):
        return self._conv_forward(x, weight, bias)


class _FoldingConv2dSame(_Folding, Conv2dSame):
    def convolved(self, x, weight, bias):
        return conv2d_same(
            x, weight, bias, self.stride, self.padding, self.dilation, self.groups
        )


_FOLDING = {nn.Conv2d: _FoldingConv2d, Conv2dSame: _FoldingConv2dSame}
