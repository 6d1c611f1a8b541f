"""A snapshot of a backbone at one moment of training."""

from copy import deepcopy
from typing import Sequence

import torch
from torch import Tensor, nn

from mmpose_uda.models.alignments.taken_once import TakenOnce
from mmpose_uda.models.utils import capture_attention


class FrozenBackbone(TakenOnce):
    """A copy of a vision transformer that is taken once and never trained.

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
        self.eval()

    def take(self, network: nn.Module) -> None:
        """Copy a backbone."""
        self.backbone.load_state_dict(network.state_dict())

    @torch.no_grad()
    def attention(self, images: Tensor, layers: Sequence[int]) -> dict[int, Tensor]:
        """Attention maps of images [B, 3, H, W]: layer index -> [B, heads, L, L]."""
        with capture_attention(self.backbone, layers) as maps:
            self.backbone(images)
        return maps

    def train(self, mode: bool = True) -> 'FrozenBackbone':
        """Stay in evaluation mode whatever the model around it does."""
        return super().train(False)
