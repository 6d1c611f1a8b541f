"""Random numbers that depend only on the sample, not on its place in a batch."""

import torch
from mmpose.utils.typing import SampleList
from torch import Tensor

from mmpose_uda.models.utils.compilation import uncompiled
from mmpose_uda.random_keys import process_keys, random_key

# splitmix64 (Steele et al. 2014, fig. 16), in the signed integers of torch
_INCREMENT = 0x9E3779B97F4A7C15 - 2**64
_MULTIPLIERS = (0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64)
_BITS = 24  # precision of a float32


class SampleRandom:
    """Random numbers for every sample of a batch, each from the sample's own key.

    They do not depend on the rank that the sample is on, on its place in the batch, or on
    what was drawn before; they are computed for all samples at once, on the device.

    Args:
        keys (Tensor): long [B], one per sample.
    """

    def __init__(self, keys: Tensor):
        self.keys = keys

    # torch 2.14 compiles these shifts for a CPU to code that writes out of bounds
    @uncompiled
    def uniform(self, purpose: str, *shape: int) -> Tensor:
        """Numbers in [0, 1).

        Args:
            purpose (str): What they are for. The same purpose gives the same numbers.
            *shape (int): Shape per sample.

        Returns:
            Tensor: float32 [B, *shape].
        """
        count = torch.Size(shape).numel()
        start = _mix(self.keys + random_key(purpose))
        steps = torch.arange(1, count + 1, device=self.keys.device) * _INCREMENT
        bits = _shift(_mix(start.unsqueeze(1) + steps), 64 - _BITS)
        return (bits.float() * 2**-_BITS).view(len(self.keys), *shape)


def sample_keys(data_samples: SampleList) -> Tensor:
    """The keys of samples, long [B], on the CPU.

    Samples from :class:`SourceTargetDataset` carry the key of their draw. For others, such
    as those of stock data sets, keys are drawn by :func:`process_keys`.
    """
    if all('draw_key' in sample.metainfo for sample in data_samples):
        return torch.tensor([sample.metainfo['draw_key'] for sample in data_samples])
    return process_keys(len(data_samples))


def _mix(values: Tensor) -> Tensor:
    for multiplier, bits in zip(_MULTIPLIERS, (30, 27)):
        values = (values ^ _shift(values, bits)) * multiplier
    return values ^ _shift(values, 31)


def _shift(values: Tensor, bits: int) -> Tensor:
    """Shift right and fill with zeros; torch's own shift fills with the sign."""
    return (values >> bits) & (2 ** (64 - bits) - 1)
