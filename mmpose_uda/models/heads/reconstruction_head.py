"""The decoder of masked image modelling."""

from typing import Optional

import torch
from mmengine.model import BaseModule, ModuleList
from mmpose.registry import MODELS
from mmpretrain.models.backbones.vision_transformer import TransformerEncoderLayer
from mmpretrain.models.utils import build_2d_sincos_position_embedding
from torch import Tensor, nn

from mmpose_uda.models.utils import PatchMask, pool_to_patches


@MODELS.register_module()
class ForegroundReconstructionHead(BaseModule):
    """Predicts the pixels of hidden patches from the tokens of the visible ones (MAE).

    mmpretrain's ``MAEPretrainDecoder`` is square only and undoes a shuffle; this one takes
    a rectangular grid and an explicit mask.

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
        super().__init__()
        self.patch_size = patch_size
        self.patch_grid = tuple(patch_grid)
        self.embed = nn.Linear(in_channels, embed_dims)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, embed_dims))
        # mmpretrain goes through the patches column by column: with both sides exchanged
        # that is row by row.
        columns_rows = self.patch_grid[::-1]
        position = build_2d_sincos_position_embedding(columns_rows, embed_dims)
        self.register_buffer('position', position, persistent=False)
        self.layers = ModuleList(
            TransformerEncoderLayer(embed_dims, num_heads, 4 * embed_dims)
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dims)
        self.to_pixels = nn.Linear(embed_dims, 3 * patch_size**2)
        self.loss_module = MODELS.build(loss)

    def init_weights(self) -> None:
        super().init_weights()
        nn.init.trunc_normal_(self.mask_token, std=0.02)

    def forward(self, visible: Tensor, mask: PatchMask) -> Tensor:
        """Predict all patches.

        Args:
            visible (Tensor): [B, V, C] encoder tokens.
            mask (PatchMask): Where they are.

        Returns:
            Tensor: [B, L, 3 * patch_size ** 2], normalised patches.
        """
        visible = self.embed(visible)
        tokens = self.mask_token.to(visible.dtype).repeat(*mask.hidden.shape, 1)
        index = mask.visible.unsqueeze(-1).expand_as(visible)
        tokens = tokens.scatter(1, index, visible) + self.position
        for layer in self.layers:
            tokens = layer(tokens)
        return self.to_pixels(self.norm(tokens))

    def loss(
        self,
        visible: Tensor,
        mask: PatchMask,
        images: Tensor,
        foreground: Optional[Tensor] = None,
    ) -> Tensor:
        """Reconstruction loss of the hidden patches.

        Args:
            visible (Tensor): [B, V, C] encoder tokens.
            mask (PatchMask): Where they are.
            images (Tensor): [B, 3, H, W], normalised.
            foreground (Tensor, optional): [B, 1, H, W] in [0, 1].

        Returns:
            Tensor: Scalar.
        """
        target, _, _ = self.normalised_patches(images)
        if foreground is not None:
            foreground = pool_to_patches(foreground, self.patch_grid)
        return self.loss_module(self(visible, mask), target, mask.hidden, foreground)

    def normalised_patches(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Patches with zero mean and unit deviation each, and those mean and deviation.

        Args:
            images (Tensor): [B, 3, H, W].

        Returns:
            tuple[Tensor, Tensor, Tensor]: [B, L, D], [B, L, 1], [B, L, 1].
        """
        size = self.patch_size
        patches = images.unfold(2, size, size).unfold(3, size, size)
        patches = patches.permute(0, 2, 3, 4, 5, 1).flatten(3).flatten(1, 2)
        std, mean = torch.std_mean(patches, dim=-1, keepdim=True)
        return (patches - mean) / (std + 1e-3), mean, std

    def to_images(self, patches: Tensor) -> Tensor:
        """Put patches [B, L, D] back into images [B, 3, H, W]."""
        rows, cols = self.patch_grid
        patches = patches.unflatten(2, (self.patch_size, self.patch_size, 3))
        patches = patches.unflatten(1, (rows, cols)).permute(0, 5, 1, 3, 2, 4)
        return patches.flatten(4, 5).flatten(2, 3)
