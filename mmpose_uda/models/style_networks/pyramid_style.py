"""Weight-free style transfer."""

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional

from mmpose_uda.models.utils import pyramid_adain

# Luminance and two differences of colours, of unit length and at right angles (Ohta et al.
# 1980); symmetric in blue and red but for the sign of the first difference.
_OPPONENT = (
    (3**-0.5, 3**-0.5, 3**-0.5),
    (2**-0.5, 0.0, -(2**-0.5)),
    (6**-0.5, -2 * 6**-0.5, 6**-0.5),
)


@MODELS.register_module()
class PyramidStyle(nn.Module):
    """Transfers channel statistics of the bands of a pyramid (:func:`pyramid_adain`).

    The channels are luminance and two differences of colours, which hardly depend on each
    other in pictures (Reinhard et al. 2001, "Color transfer between images"). Blue, green
    and red do: matched one by one, a picture in colours stays colourful even if the style
    is a grey picture, as of an infrared camera.

    Args:
        levels (int): Depth of the pyramid.
    """

    def __init__(self, levels: int = 3):
        super().__init__()
        self.levels = levels
        self.register_buffer('opponent', torch.tensor(_OPPONENT), persistent=False)

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
        plain = images[content].float()
        ends = (_mixed(end, self.opponent) for end in (plain, images[style].float()))
        styled = _mixed(pyramid_adain(*ends, self.levels), self.opponent.T)
        return torch.lerp(plain, styled.clamp(0, 255), strength)


def _mixed(images: Tensor, matrix: Tensor) -> Tensor:
    """Each pixel's channels times a matrix [3, 3]; images [B, 3, H, W]."""
    # bfloat16 has too few steps for colours
    with torch.autocast(images.device.type, enabled=False):
        return functional.conv2d(images, matrix[..., None, None])
