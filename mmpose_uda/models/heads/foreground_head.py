"""A small head that segments the foreground."""

from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class ForegroundHead(BaseModule):
    """One foreground logit per position of a feature map.

    Trained on the source's masks, it predicts the foreground of target images, which have
    no masks.

    Args:
        in_channels (int): Channels of the feature map.
    """

    def __init__(self, in_channels: int):
        super().__init__(init_cfg=dict(type='Normal', layer='Conv2d', std=0.01))
        self.classifier = nn.Conv2d(in_channels, 1, kernel_size=1)

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Logits [B, 1, h, w] of the last feature map [B, C, h, w]."""
        return self.classifier(feats[-1])
