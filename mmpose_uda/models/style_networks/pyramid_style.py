"""Weight-free style transfer."""

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.models.utils import pyramid_adain


@MODELS.register_module()
class PyramidStyle(nn.Module):
    """Transfers channel statistics of the bands of a pyramid (:func:`pyramid_adain`).

    Args:
        levels (int): Depth of the pyramid.
    """

    def __init__(self, levels: int = 3):
        super().__init__()
        self.levels = levels

    @torch.inference_mode()
    def forward(
        self, images: Tensor, content: Tensor, style: Tensor, strength: Tensor
    ) -> Tensor:
        """Restyle some images after others.

        Args:
            images (Tensor): [B, 3, H, W], 0..255.
            content (Tensor): Indices of the images to restyle, [n].
            style (Tensor): Indices of the images that give the style, [n].
            strength (Tensor): [n, 1, 1, 1]; 0 returns the content, 1 has the full
                statistics of the style, and values between mix the pixels of both.

        Returns:
            Tensor: float [n, 3, H, W], 0..255.
        """
        images = images.float()
        content = images[content]
        styled = pyramid_adain(content, images[style], self.levels).clamp(0, 255)
        return torch.lerp(content, styled, strength)
