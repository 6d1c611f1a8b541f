"""How images and weights lie in memory."""

import torch
from torch import nn


def best_memory_format(network: nn.Module) -> torch.memory_format:
    """Channels side by side for a network that mostly convolves, else as ever.

    Convolutions of large maps are faster so, on a CPU and with the tensor cores of GPUs
    (docs/performance.md). What is computed is the same.
    """
    # layers, not weights: a small CNN below a transformer takes most of the time
    layers = list(network.modules())
    convolutions = sum(isinstance(layer, nn.Conv2d) for layer in layers)
    products = sum(isinstance(layer, nn.Linear) for layer in layers)
    return torch.channels_last if convolutions > products else torch.contiguous_format
