"""Training the decoder of AdaIN style transfer."""

from typing import Optional, Sequence

import torch
from mmengine.model import BaseModel
from mmpose.registry import MODELS
from torch import Tensor
from torch.nn import functional as F

from mmpose_uda.errors import UserError
from mmpose_uda.models.utils.style import adain, channel_statistics

from .decoder import make_decoder
from .pictures import to_network, to_pictures
from .vgg19_encoder import VGG19Encoder

_PART = 'decoder'


@MODELS.register_module()
class AdaINStyleTransfer(BaseModel):
    """Trains a decoder behind a fixed encoder (Huang & Belongie 2017).

    Every step restyles in a random direction, source to target or back, so that one decoder
    serves both (as in UniFrame, from which arXiv 2404.14885 has its decoders).

    It trains in :class:`PhasedTrainLoop`, with one phase whose only part is 'decoder'.

    Args:
        encoder (str): File or URL of the weights of :class:`VGG19Encoder`.
        style_weight (float): Weight of the style loss; that of the content loss is 1.

    Raises:
        UserError: The encoder's file is missing or holds something else.
    """

    required_views = ('source', 'target')
    alignments: dict = {}  # no log-only values

    def __init__(self, encoder: str, style_weight: float = 10.0):
        super().__init__()
        self.encoder = VGG19Encoder(encoder)
        self.decoder = make_decoder()
        self.style_weight = style_weight

    def forward(
        self,
        inputs: dict[str, Tensor],
        data_samples: Optional[dict[str, list]] = None,
        mode: str = 'tensor',
    ):
        """mmengine's entry: 'loss' trains, other modes return the source restyled."""
        source, target = (inputs[view] for view in self.required_views)
        if mode != 'loss':
            return self.stylize(source, target)
        forwards = torch.rand(()) < 0.5
        return self.loss(source, target) if forwards else self.loss(target, source)

    def loss(self, content: Tensor, style: Tensor) -> dict[str, Tensor]:
        """Content and style loss of one direction (eq. 11 to 14).

        As in the public code, squared errors take the place of the paper's norms.

        Args:
            content (Tensor): BGR [B, 3, H, W], 0..255.
            style (Tensor): BGR [B, 3, H', W'], 0..255.

        Returns:
            dict[str, Tensor]: ``loss_content`` and ``loss_style``.
        """
        with torch.no_grad():
            styles = [channel_statistics(f) for f in self.encoder(to_network(style))]
            t = adain(self.encoder(to_network(content))[-1], *styles[-1])
        features = self.encoder(self.decoder(t))
        loss_style = sum(
            F.mse_loss(own, wanted)
            for feature, wanted_style in zip(features, styles)
            for own, wanted in zip(channel_statistics(feature), wanted_style)
        )
        return dict(
            loss_content=F.mse_loss(features[-1], t),
            loss_style=self.style_weight * loss_style,
        )

    @torch.no_grad()
    def stylize(self, content: Tensor, style: Tensor) -> Tensor:
        """Restyle images fully after their partners.

        Args:
            content (Tensor): BGR [B, 3, H, W], 0..255.
            style (Tensor): BGR [B, 3, H', W'], 0..255.

        Returns:
            Tensor: BGR float32 [B, 3, H, W], 0..255.
        """
        mean, std = channel_statistics(self.encoder(to_network(style))[-1])
        t = adain(self.encoder(to_network(content))[-1], mean, std)
        return to_pictures(self.decoder(t), *content.shape[2:])

    def set_phase(self, parts: Sequence[str], norm_eval: bool = False) -> None:
        """Accept the only part, 'decoder'; there is no BatchNorm to set.

        Raises:
            UserError: A phase names another part.
        """
        if set(parts) != {_PART}:
            raise UserError(
                f'AdaINStyleTransfer trains only its decoder, not {parts}: set '
                f"parts=['{_PART}'] in the phase."
            )

    begin_phase = resume_phase = set_phase

    def begin_run(self) -> None:
        """Do nothing: no state is kept from an earlier run."""
