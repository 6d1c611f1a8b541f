"""BatchNorm layers, and their statistics of one domain among two."""

from contextlib import contextmanager
from typing import Iterator

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def batch_norm_layers(network: nn.Module) -> list[nn.Module]:
    """Layers of a network that normalise by the statistics of a batch."""
    return [layer for layer in network.modules() if isinstance(layer, _BatchNorm)]


@contextmanager
def running_statistics(network: nn.Module, are_updated: bool) -> Iterator[None]:
    """Let forward passes of training in the block update running statistics, or not.

    In training, layers normalise by the batch they see either way. What a network is tested
    with is decided by the passes that update.

    After the block no pass updates them: gradient checkpointing repeats passes while
    gradients are computed, and a repetition must not count. (That of mmpose's ``with_cp``,
    which torch calls reentrant. The other form checks that a repetition keeps what the pass
    kept, and ends with an error.) Evaluation is not concerned.

    Args:
        network (nn.Module): Its BatchNorm layers are meant.
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
    # torch asks it in training alone
    for layer in layers:
        layer.track_running_stats = are_updated
