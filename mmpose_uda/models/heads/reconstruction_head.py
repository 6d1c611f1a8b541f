"""The decoder of masked autoencoders."""

import torch
from mmengine.model import ModuleList
from mmpose.registry import MODELS
from mmpretrain.models.backbones.vision_transformer import TransformerEncoderLayer
from mmpretrain.models.utils import build_2d_sincos_position_embedding
from torch import Tensor, nn

from mmpose_uda.models.heads.base_reconstruction_head import (
    BaseReconstructionHead,
    require_patch_tokens,
)
from mmpose_uda.models.observation import ViewObservation
from mmpose_uda.models.utils import PatchMask


@MODELS.register_module()
class ForegroundReconstructionHead(BaseReconstructionHead):
    """Predicts the pixels of hidden patches from the tokens of the visible ones (MAE).

    The encoder sees only the visible patches (He et al. 2022, section 3), which is the
    cheapest form. mmpretrain's ``MAEPretrainDecoder`` supports only square grids and undoes
    a shuffle; this one takes a rectangular grid and an explicit mask. Unlike MAE's decoder
    it does not see the encoder's class token, if any: patches are decoded from patches.

    Args:
        in_channels (int): Channels of the encoder's tokens.
        patch_size (int): Side of a patch, px.
        patch_grid (tuple[int, int]): Rows and columns of patches, L in all.
        embed_dims (int): Width of the decoder, divisible by 4.
        depth (int): Transformer layers of the decoder.
        num_heads (int): Attention heads of the decoder.
        loss (dict): Loss of (predicted, target, hidden, foreground).
    """

    def __init__(
        self,
        in_channels: int,
        patch_size: int,
        patch_grid: tuple[int, int],
        embed_dims: int = 128,
        depth: int = 1,
        num_heads: int = 4,
        loss: dict = dict(type='ForegroundReconstructionLoss'),
    ):
        super().__init__(patch_size, patch_grid, loss)
        self.embed = nn.Linear(in_channels, embed_dims)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, embed_dims))
        # mmpretrain orders patches column by column; with both sides exchanged that is
        # row by row.
        columns_rows = self.patch_grid[::-1]
        position = build_2d_sincos_position_embedding(columns_rows, embed_dims)
        self.register_buffer('position', position, persistent=False)
        self.layers = ModuleList(
            TransformerEncoderLayer(embed_dims, num_heads, 4 * embed_dims)
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dims)
        self.to_pixels = nn.Linear(embed_dims, 3 * patch_size**2)

    def init_weights(self) -> None:
        super().init_weights()
        nn.init.trunc_normal_(self.mask_token, std=0.02)

    def check(self, name: str, estimator: nn.Module) -> None:
        require_patch_tokens(name, self, estimator, self.embed.in_features)

    def encode(self, seen: ViewObservation, mask: PatchMask) -> Tensor:
        """Tokens [B, V, C] of the visible patches."""
        return seen.encode_visible(mask)

    def forward(self, encoded: Tensor, mask: PatchMask) -> Tensor:
        """Predict all patches.

        Args:
            encoded (Tensor): [B, V, C] tokens of the visible patches.
            mask (PatchMask): Which patches these are.

        Returns:
            Tensor: [B, L, 3 * patch_size ** 2], normalised patches.
        """
        visible = self.embed(encoded)
        tokens = self.mask_token.to(visible.dtype).repeat(*mask.hidden.shape, 1)
        index = mask.visible.unsqueeze(-1).expand_as(visible)
        tokens = tokens.scatter(1, index, visible) + self.position
        for layer in self.layers:
            tokens = layer(tokens)
        return self.to_pixels(self.norm(tokens))
