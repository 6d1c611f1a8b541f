"""What the parts read off a head: one reader a kind of head."""

from typing import Optional

from torch import nn

from .base import HeadOutputs, HeadReader
from .dsnt import DSNTReader
from .heatmap import HeatmapReader
from .integral import IntegralReader
from .simcc import SimCCReader
from .volumetric import VolumetricReader

READERS = (HeatmapReader, SimCCReader, IntegralReader, DSNTReader, VolumetricReader)


def find_reader(head: nn.Module) -> Optional[HeadReader]:
    """The reader of a head; None if it has no distributions that somebody can read."""
    for reader in READERS:
        if reader.reads(head):
            return reader(head)
    return None


__all__ = ['HeadOutputs', 'HeadReader', 'READERS', 'find_reader']
