"""Conversion between pictures and the tensors of the VGG-19 style networks."""

import torch
from torch import Tensor
from torch.nn import functional as F

_STRIDE = 8  # of relu4_1, px
_SMALLEST = 16  # two cells of relu4_1: one has no deviation and nothing to reflect


def to_network(pictures: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Convert pictures to the input of an encoder.

    Args:
        pictures (Tensor): BGR [B, 3, H, W], 0..255, of any type.
        dtype (torch.dtype): Type of the network.

    Returns:
        Tensor: RGB [B, 3, H', W'], 0..1, extended to the right and below with its last
        pixels until H' and W' are multiples of 8 and at least 16.
    """
    height, width = (
        max(_SMALLEST, _STRIDE * -(-side // _STRIDE)) for side in pictures.shape[2:]
    )
    rgb = pictures.flip(1).float() / 255
    margins = (0, width - rgb.shape[3], 0, height - rgb.shape[2])
    return F.pad(rgb, margins, mode='replicate').to(dtype)


def to_pictures(images: Tensor, height: int, width: int) -> Tensor:
    """The inverse of :func:`to_network`, clipped.

    Args:
        images (Tensor): RGB [B, 3, H', W'], about 0..1.
        height (int): Height of the pictures, px.
        width (int): Width of the pictures, px.

    Returns:
        Tensor: BGR float32 [B, 3, height, width], 0..255.
    """
    images = images[..., :height, :width].float()
    return (255 * images.flip(1)).clamp(0, 255)
