"""Keep the activations inside timm's BatchNorm layers when mmengine replaces the layers."""

import functools
from collections.abc import Callable

from torch import nn

from .errors import UserError


def keeping_activations(convert: Callable) -> Callable:
    """Wrap mmengine's ``convert_sync_batchnorm``, which serves ``sync_bn`` of a config.

    A BatchNorm layer of timm (``BatchNormAct2d``) also activates what it has normalised.
    mmengine replaces it by a layer that only normalises, without a word, so a network
    such as EfficientNet-Lite0 would be left with no activation at all.
    """

    @functools.wraps(convert)
    def convert_and_keep(module: nn.Module, implementation: str = 'torch') -> nn.Module:
        from timm.layers.norm_act import BatchNormAct2d, SyncBatchNormAct

        parts = module.named_modules()
        activating = [name for name, part in parts if isinstance(part, BatchNormAct2d)]
        if activating and implementation != 'torch':
            raise UserError(
                f'sync_bn={implementation!r} would drop the activation of {activating[0]}, '
                "which is part of its BatchNorm layer: use sync_bn='torch'."
            )
        module = convert(module, implementation)
        for name in activating:
            # mmengine has moved the activation into the new layer, but never calls it
            module.get_submodule(name).__class__ = SyncBatchNormAct
        return module

    return convert_and_keep
