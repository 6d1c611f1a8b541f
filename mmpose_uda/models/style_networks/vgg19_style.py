"""AdaIN style transfer with a trained encoder and decoder."""

from typing import Sequence

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.utils.style import adain, channel_statistics

from .decoder import load_decoder
from .pictures import to_network, to_pictures
from .vgg19_encoder import VGG19Encoder

_DTYPES = ('float32', 'bfloat16')


@MODELS.register_module()
class VGG19Style(nn.Module):
    """The style network of arXiv 2404.14885 (Huang & Belongie 2017, fig. 2).

    A restyled image is g(a * AdaIN(f(c), f(s)) + (1 - a) * f(c)), with the encoder f up to
    relu4_1, the decoder g and the strength a. At a = 0 that is the decoder's
    reconstruction of the content, not the content itself.

    Colours go in as RGB in 0..1, as the public encoder expects. (The decoders published
    with UniFrame were trained on pictures normalised for ImageNet and do not fit;
    ``configs/style/adain_vgg19.py`` trains one for a pair of domains.)

    Args:
        encoder (str): File or URL of the weights of :class:`VGG19Encoder`.
        decoder (str): File or URL of the weights of a decoder that was trained with this
            encoder, in the format of the public ``decoder.pth``.
        dtype (str): Type of weights and activations, 'float32' or 'bfloat16'; statistics
            are always float32. A CPU without instructions for bfloat16 is slower with it.

    Raises:
        UserError: A file is missing or holds something else, or ``dtype`` is another.
    """

    def __init__(self, encoder: str, decoder: str, dtype: str = 'float32'):
        super().__init__()
        if dtype not in _DTYPES:
            raise UserError(f'VGG19Style: dtype is {dtype!r}: use {" or ".join(_DTYPES)}.')
        self.dtype = getattr(torch, dtype)
        self.encoder = VGG19Encoder(encoder)
        self.decoder = load_decoder(decoder)
        # Channels-last is a fifth faster on a CPU.
        self.requires_grad_(False).to(self.dtype, memory_format=torch.channels_last)

    @torch.inference_mode()
    def statistics(self, style: Tensor) -> tuple[Tensor, Tensor]:
        """The statistics that represent the style of images.

        Args:
            style (Tensor): BGR [B, 3, H, W], 0..255.

        Returns:
            tuple[Tensor, Tensor]: Mean and deviation of relu4_1, float32
            [B, 512, 1, 1] each.
        """
        return channel_statistics(self._encode(style))

    @torch.inference_mode()
    def transfer(
        self, content: Tensor, mean: Tensor, std: Tensor, strength: Tensor
    ) -> Tensor:
        """Restyle images after given statistics.

        Args:
            content (Tensor): BGR [B, 3, H, W], 0..255, of any size.
            mean (Tensor): [B, 512, 1, 1], of the style.
            std (Tensor): [B, 512, 1, 1], of the style.
            strength (Tensor): [B, 1, 1, 1], 0..1.

        Returns:
            Tensor: BGR float32 [B, 3, H, W], 0..255.
        """
        features = self._encode(content)
        return self._decode(features, mean, std, strength, content.shape[2:])

    @torch.inference_mode()
    def forward(
        self, images: Tensor, content: Tensor, style: Tensor, strength: Tensor
    ) -> Tensor:
        """Restyle some images after others; each image is encoded only once.

        Args:
            images (Tensor): BGR [B, 3, H, W], 0..255, of any size.
            content (Tensor): Indices of the images to restyle, [n].
            style (Tensor): Indices of the images that give the style, [n].
            strength (Tensor): [n, 1, 1, 1], 0..1.

        Returns:
            Tensor: BGR float32 [n, 3, H, W], 0..255.
        """
        features = self._encode(images)
        mean, std = (values[style] for values in channel_statistics(features))
        return self._decode(features[content], mean, std, strength, images.shape[2:])

    def _encode(self, images: Tensor) -> Tensor:
        return self.encoder(to_network(images, self.dtype))[-1]

    def _decode(
        self,
        features: Tensor,
        mean: Tensor,
        std: Tensor,
        strength: Tensor,
        size: Sequence[int],
    ) -> Tensor:
        """Decode features [B, 512, h, w] into pictures with another mean and deviation."""
        styled = adain(features, mean, std)
        mixed = torch.lerp(features, styled, strength.to(features.dtype))
        return to_pictures(self.decoder(mixed), *size)
