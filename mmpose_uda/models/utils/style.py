"""Weight-free style transfer: channel statistics of wavelet bands."""

import torch
from torch import Tensor
from torch.nn import functional as F


def match_statistics(content: Tensor, style: Tensor, eps: float = 1e-5) -> Tensor:
    """Adaptive instance normalisation (Huang & Belongie 2017, eq. 8).

    Args:
        content (Tensor): [B, C, H, W].
        style (Tensor): [B, C, H', W'].

    Returns:
        Tensor: ``content`` with the mean and deviation of ``style`` in every channel.
    """
    std_c, mean_c = torch.std_mean(content, dim=(2, 3), keepdim=True)
    std_s, mean_s = torch.std_mean(style, dim=(2, 3), keepdim=True)
    return (content - mean_c) / (std_c + eps) * std_s + mean_s


def haar_split(image: Tensor) -> tuple[Tensor, Tensor]:
    """One level of the orthonormal Haar transform.

    Args:
        image (Tensor): [B, C, H, W], H and W even.

    Returns:
        tuple[Tensor, Tensor]: The low band [B, C, H/2, W/2], and the three detail bands
        stacked as [B, 3C, H/2, W/2].
    """
    a, b, c, d = F.pixel_unshuffle(image, 2).unflatten(1, (-1, 4)).unbind(2)
    low = (a + b + c + d) / 2
    details = torch.cat([a + b - c - d, a - b + c - d, a - b - c + d], dim=1) / 2
    return low, details


def haar_merge(low: Tensor, details: Tensor) -> Tensor:
    """The inverse of :func:`haar_split`."""
    vertical, horizontal, diagonal = details.chunk(3, dim=1)
    a = low + vertical + horizontal + diagonal
    b = low + vertical - horizontal - diagonal
    c = low - vertical + horizontal - diagonal
    d = low - vertical - horizontal + diagonal
    quads = torch.stack([a, b, c, d], dim=2) / 2
    return F.pixel_shuffle(quads.flatten(1, 2), 2)


def wavelet_adain(content: Tensor, style: Tensor, levels: int) -> Tensor:
    """Adaptive instance normalisation of every band of a Haar pyramid.

    Colour and contrast come from the statistics of the coarsest band, texture and noise
    from those of the detail bands. Nothing is learned and nothing is lost: with ``style``
    equal to ``content`` the output is ``content``.

    Args:
        content (Tensor): [B, C, H, W]; H and W divisible by ``2 ** levels``.
        style (Tensor): [B, C, H, W].
        levels (int): Depth of the pyramid; 0 matches the image's own statistics.

    Returns:
        Tensor: [B, C, H, W], not clipped.
    """
    if levels == 0:
        return match_statistics(content, style)
    low_c, details_c = haar_split(content)
    low_s, details_s = haar_split(style)
    low = wavelet_adain(low_c, low_s, levels - 1)
    return haar_merge(low, match_statistics(details_c, details_s))
