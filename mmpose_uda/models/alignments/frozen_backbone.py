"""What a backbone was at one moment of training."""

from copy import deepcopy
from typing import Sequence

import torch
from torch import Tensor, nn

from mmpose_uda.models.utils import capture_attention


class FrozenBackbone(nn.Module):
    """A copy of a vision transformer that is taken once and never trained.

    All its weights are buffers: no optimizer sees them, and checkpoints hold them, so a
    resumed run goes on with the very copy that was taken before.

    Args:
        backbone (nn.Module): Any backbone of the architecture to copy.
    """

    def __init__(self, backbone: nn.Module):
        super().__init__()
        self.backbone = deepcopy(backbone)
        for module in self.backbone.modules():
            for name, weight in list(module.named_parameters(recurse=False)):
                delattr(module, name)
                module.register_buffer(name, weight.data)
        self.register_buffer('taken', torch.zeros((), dtype=torch.bool))
        # The same on the host: asking the buffer at every step would wait for the device.
        self._is_taken = False
        self.eval()

    def take_once(self, backbone: nn.Module) -> None:
        """Copy ``backbone``; later calls, also in a resumed run, do nothing."""
        if not self._is_taken:
            self.backbone.load_state_dict(backbone.state_dict())
            self.taken.fill_(True)
            self._is_taken = True

    def forget(self) -> None:
        """Let the next call of :meth:`take_once` copy again."""
        self.taken.fill_(False)
        self._is_taken = False

    @torch.no_grad()
    def attention(self, images: Tensor, layers: Sequence[int]) -> dict[int, Tensor]:
        """Attention maps of images [B, 3, H, W]: layer index -> [B, heads, L, L]."""
        with capture_attention(self.backbone, layers) as maps:
            self.backbone(images)
        return maps

    def train(self, mode: bool = True) -> 'FrozenBackbone':
        """Stay in evaluation mode whatever the model around it does."""
        return super().train(False)

    def _load_from_state_dict(self, *args, **kwargs) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._is_taken = bool(self.taken)
