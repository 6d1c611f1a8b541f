"""A copy that is taken once per run."""

from abc import ABCMeta, abstractmethod

import torch
from torch import nn


class TakenOnce(nn.Module, metaclass=ABCMeta):
    """A copy of a network, or of its weights, at one moment of a run.

    Subclasses keep it in buffers: no optimizer sees them, and checkpoints contain them, so
    a resumed run continues with the same copy.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer('taken', torch.zeros((), dtype=torch.bool))
        # A copy on the host: reading the buffer at every step would wait for the device.
        self._is_taken = False

    @abstractmethod
    def take(self, network: nn.Module) -> None:
        """Copy ``network``."""

    @torch.no_grad()
    def take_once(self, network: nn.Module) -> None:
        """Copy ``network``; later calls, also in a resumed run, do nothing."""
        if not self._is_taken:
            self.take(network)
            self.taken.fill_(True)
            self._is_taken = True

    def forget(self) -> None:
        """Let the next call of :meth:`take_once` copy again."""
        self.taken.fill_(False)
        self._is_taken = False

    def _load_from_state_dict(self, *args, **kwargs) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._is_taken = bool(self.taken)
