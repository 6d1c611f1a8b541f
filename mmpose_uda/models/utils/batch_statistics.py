"""BatchNorm layers, and running statistics of only one of two domains."""

from contextlib import contextmanager
from typing import Iterator

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def batch_norm_layers(network: nn.Module) -> list[nn.Module]:
    """Layers of a network that normalise by the statistics of a batch."""
    return [layer for layer in network.modules() if isinstance(layer, _BatchNorm)]


@contextmanager
def running_statistics(network: nn.Module, are_updated: bool) -> Iterator[None]:
    """Set whether training passes in the block update running statistics.

    In training, layers normalise by the batch they see either way. The passes that update
    the statistics decide what the network is tested with.

    After the block no pass updates them: gradient checkpointing repeats passes while
    gradients are computed, and a repetition must not count. (This is the form that mmpose's
    ``with_cp`` uses, which torch calls reentrant. The other form checks that a repetition
    saves the same tensors as the pass did, and raises an error.) Evaluation is not
    affected.

    Args:
        network (nn.Module): The network with the BatchNorm layers.
        are_updated (bool): Whether the block updates them.
    """
    layers = [
        layer
        for layer in batch_norm_layers(network)
        if layer.training and layer.running_mean is not None
    ]
    _track(layers, are_updated)
    try:
        yield
    finally:
        _track(layers, False)


def _track(layers: list[nn.Module], are_updated: bool) -> None:
    # torch reads the flag only in training
    for layer in layers:
        layer.track_running_stats = are_updated
