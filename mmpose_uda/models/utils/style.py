"""Adaptive instance normalisation of features, and of the bands of a pyramid."""

import torch
from torch import Tensor
from torch.nn import functional as F

# A nearly flat band has nothing to amplify but compression artefacts.
_MAX_GAIN = 4.0


def match_statistics(content: Tensor, style: Tensor, eps: float = 1e-5) -> Tensor:
    """Adaptive instance normalisation (Huang & Belongie 2017, eq. 8).

    Args:
        content (Tensor): [B, C, H, W].
        style (Tensor): [B, C, H', W'].

    Returns:
        Tensor: ``content`` with the mean and deviation of ``style`` in every channel; the
        deviation grows at most fourfold.
    """
    # without Bessel's correction, so that a coarsest band of one pixel has a deviation too
    std_c, mean_c = torch.std_mean(content, dim=(2, 3), correction=0, keepdim=True)
    std_s, mean_s = torch.std_mean(style, dim=(2, 3), correction=0, keepdim=True)
    gain = (std_s / (std_c + eps)).clamp_max(_MAX_GAIN)
    return (content - mean_c) * gain + mean_s


def pyramid_split(image: Tensor) -> tuple[Tensor, Tensor]:
    """One level of a Laplacian pyramid (Burt & Adelson 1983).

    Args:
        image (Tensor): [B, C, H, W].

    Returns:
        tuple[Tensor, Tensor]: The low band [B, C, H/2, W/2], rounded up, and the detail
        [B, C, H, W]; :func:`pyramid_merge` of both is the image.
    """
    # the last row or column of an odd side is averaged only with itself
    low = F.avg_pool2d(image, 2, ceil_mode=True)
    return low, image - _enlarge(low, image)


def pyramid_merge(low: Tensor, detail: Tensor) -> Tensor:
    """The inverse of :func:`pyramid_split`."""
    return _enlarge(low, detail) + detail


def _enlarge(low: Tensor, to: Tensor) -> Tensor:
    """Twice as large, cut to the size of ``to``, which was halved and rounded up."""
    large = F.interpolate(low, scale_factor=2, mode='bilinear', align_corners=False)
    return large[..., : to.shape[-2], : to.shape[-1]]


def pyramid_adain(content: Tensor, style: Tensor, levels: int) -> Tensor:
    """Adaptive instance normalisation of every band of a Laplacian pyramid.

    Colour and contrast come from the statistics of the coarsest band, texture and noise
    from those of the details. Nothing is learned and nothing is lost: with ``style`` equal
    to ``content`` the output is ``content``. (A Haar pyramid, tried first, leaves visible
    blocks.)

    Args:
        content (Tensor): [B, C, H, W].
        style (Tensor): [B, C, H', W'].
        levels (int): Depth of the pyramid; 0 matches the image's own statistics.

    Returns:
        Tensor: [B, C, H, W], not clipped.
    """
    if levels == 0:
        return match_statistics(content, style)
    low_c, detail_c = pyramid_split(content)
    low_s, detail_s = pyramid_split(style)
    low = pyramid_adain(low_c, low_s, levels - 1)
    return pyramid_merge(low, match_statistics(detail_c, detail_s))


def channel_statistics(features: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor]:
    """Mean and deviation of every channel, which make up a style.

    Args:
        features (Tensor): [B, C, H, W], of any floating type.
        eps (float): Added to the variance, so that a flat channel's deviation is not 0.

    Returns:
        tuple[Tensor, Tensor]: Mean and deviation, float32 [B, C, 1, 1] each.
    """
    var, mean = torch.var_mean(features.float(), dim=(2, 3), keepdim=True)
    return mean, (var + eps).sqrt()


def adain(features: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Adaptive instance normalisation of a network's features, without a bound.

    Huang & Belongie 2017, eq. 8. Unlike pixels (:func:`match_statistics`), features go
    through a decoder that was trained on the output of this function.

    Args:
        features (Tensor): [B, C, H, W].
        mean (Tensor): [B, C, 1, 1], of the style.
        std (Tensor): [B, C, 1, 1], of the style.

    Returns:
        Tensor: [B, C, H, W], of the type of ``features``.
    """
    own_mean, own_std = channel_statistics(features)
    normalized = (features.float() - own_mean) / own_std
    return (normalized * std + mean).to(features.dtype)
