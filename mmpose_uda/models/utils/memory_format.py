"""How images and weights lie in memory."""

import torch
from torch import nn


def best_memory_format(network: nn.Module) -> torch.memory_format:
    """Channels side by side for a network that mostly convolves, else as ever.

    Convolutions of large maps are faster so, on a CPU and with the tensor cores of GPUs
    (docs/performance.md). What is computed is the same.
    """
    weights = sum(parameter.numel() for parameter in network.parameters())
    convolved = sum(
        layer.weight.numel() for layer in network.modules() if isinstance(layer, nn.Conv2d)
    )
    return torch.channels_last if 2 * convolved > weights else torch.contiguous_format
