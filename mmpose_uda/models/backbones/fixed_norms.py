"""Convolutions that do the work of the normalisation after them, where that is fixed."""

from itertools import pairwise
from typing import Optional

import torch
from timm.layers.conv2d_same import Conv2dSame, conv2d_same
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn


def fold_fixed_norms(network: nn.Module) -> None:
    """Let convolutions of a network of timm normalise what BatchNorm after them would.

    In evaluation BatchNorm is the same affine map for all images, and

        norm(weight * images) = (scale * weight) * images + (bias - scale * mean)

    so it costs next to nothing in the weights, and a reading and a writing of the whole map
    after them: of the blocks of EfficientNet-Lite0 a sixth, forth and back
    (docs/performance.md). Gradients reach all parameters as before (Tune mode: You et al.
    2023, arXiv 2305.11624; mmengine's ``efficient_conv_bn_eval`` leaves out the padding
    and the activation of timm's layers). In training, layers work as ever, and so they do
    in full precision: a model predicts to the last digit what its export does, which has
    plain layers, and mixed precision rounds more coarsely than this changes.

    Names and weights stay. The pairs are layers that follow each other in a module, which
    is the order that timm calls them in.

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
    """Where its statistics are fixed, in mixed precision, the activation alone is left."""

    @property
    def is_folded(self) -> bool:
        if self.training or self.running_mean is None:
            return False
        return torch.is_autocast_enabled(self.running_mean.device.type)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.drop(x)) if self.is_folded else super().forward(x)


class _Folding:
    """What a convolution does more; for both of timm's.

    Attributes:
        norm_after (tuple[nn.Module, str]): The module of the normalisation and its name
            there. In a tuple, so that torch does not take it for a part of this layer; by
            name, because SyncBatchNorm may take its place.
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
        """The layer with other weights than its own."""
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
