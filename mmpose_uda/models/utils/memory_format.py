"""How images and weights are laid out in memory."""

import torch
from torch import nn


def best_memory_format(network: nn.Module) -> torch.memory_format:
    """Channels-last for a network that mostly convolves, otherwise contiguous.

    Convolutions of large maps are then faster, on a CPU and with the tensor cores of GPUs
    (docs/performance.md). What is computed is the same.
    """
    # count layers, not weights: a small CNN below a transformer takes most of the time
    layers = list(network.modules())
    convolutions = sum(isinstance(layer, nn.Conv2d) for layer in layers)
    products = sum(isinstance(layer, nn.Linear) for layer in layers)
    return torch.channels_last if convolutions > products else torch.contiguous_format
