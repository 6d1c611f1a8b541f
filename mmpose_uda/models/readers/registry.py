"""Which reader reads which head."""

from typing import Optional

from mmengine.registry import Registry
from torch import nn

from mmpose_uda.models.readers.base import HeadReader

READERS = Registry('head reader')
"""To use a head of your own, register a :class:`HeadReader` for it here."""


def find_reader(head: nn.Module) -> Optional[HeadReader]:
    """The reader of a head; None if no reader can read it.

    If several can, the one registered last is taken, so that custom readers take
    precedence over those of this package.
    """
    for reader in reversed(READERS.module_dict.values()):
        if reader.reads(head):
            return reader(head)
    return None


def fitting_heads(with_maps: bool = False) -> str:
    """The heads that have a reader, in words.

    Args:
        with_maps (bool): Only those that have maps of positions.
    """
    readers = READERS.module_dict.values()
    *some, last = (r.fits for r in readers if r.has_maps or not with_maps)
    return f'{", ".join(some)} or {last}' if some else last
