"""BatchNorm layers, and their statistics of one domain among two."""

from contextlib import contextmanager
from typing import Iterator

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def batch_norm_layers(network: nn.Module) -> list[nn.Module]:
    """Layers of a network that normalise by the statistics of a batch."""
    return [layer for layer in network.modules() if isinstance(layer, _BatchNorm)]


@contextmanager
def keep_running_statistics(network: nn.Module, keep: bool = True) -> Iterator[None]:
    """Leave the running statistics as they are in forward passes of training.

    Layers still normalise by the batch they see. What a network is tested with is then
    decided by the passes outside.

    Args:
        network (nn.Module): Its BatchNorm layers are meant.
        keep (bool): False does nothing.
    """
    layers = [
        layer
        for layer in batch_norm_layers(network)
        if layer.track_running_stats and keep
    ]
    for layer in layers:
        layer.track_running_stats = False
    try:
        yield
    finally:
        for layer in layers:
            layer.track_running_stats = True
