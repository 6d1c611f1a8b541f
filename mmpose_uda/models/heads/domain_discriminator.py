"""A discriminator of domains."""

from typing import Sequence

from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class DomainDiscriminator(BaseModule):
    """One domain logit per position: convolutions with leaky ReLUs between them.

    The widths are those of arXiv 2404.14885's code, made for the 256 channels of a
    heatmap head.

    Args:
        in_channels (int): Channels of the features.
        channels (Sequence[int]): Channels of the hidden layers.
        kernel_size (int): Side of the kernels, odd; 1 for tokens, which have no
            neighbours.
    """

    def __init__(
        self,
        in_channels: int,
        channels: Sequence[int] = (256, 128, 128),
        kernel_size: int = 3,
    ):
        super().__init__(init_cfg=dict(type='Kaiming', layer='Conv2d', a=0.2))
        layers: list[nn.Module] = []
        widths = [in_channels, *channels]
        for before, after in zip(widths, widths[1:]):
            layers += [
                nn.Conv2d(before, after, kernel_size, padding='same'),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        layers.append(nn.Conv2d(widths[-1], 1, kernel_size, padding='same'))
        self.layers = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        """Maps [B, C, h, w] -> logits [B, 1, h, w]; tokens [B, L, C] -> [B, 1, L, 1]."""
        if features.ndim == 3:
            features = features.transpose(1, 2).unsqueeze(-1)
        return self.layers(features)
