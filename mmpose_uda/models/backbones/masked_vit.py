"""A vision transformer that can also encode only the visible patches."""

from typing import Union

import torch
from mmengine.logging import print_log
from mmpose.registry import MODELS
from mmpretrain.models.backbones import VisionTransformer
from mmpretrain.models.utils import build_2d_sincos_position_embedding, resize_pos_embed
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.backbones.stems import BackboneStem, ConvStem
from mmpose_uda.models.backbones.vit_checkpoint import convert_in_place, fit_positions
from mmpose_uda.models.utils import PatchMask, hidden_pixels, is_pretrained


@MODELS.register_module()
class MaskedVisionTransformer(VisionTransformer):
    """mmpretrain's ``VisionTransformer`` with two ways to encode partly hidden images.

    ``forward`` and the names of all weights are those of the parent. Published MAE and
    ViTPose checkpoints load under their own names, at any image size
    (:mod:`~mmpose_uda.models.backbones.vit_checkpoint`), with
    ``init_cfg=dict(type='Pretrained', checkpoint=PATH)``. ViTPose was trained with
    ``patch_cfg=dict(padding=2)``.

    Args:
        stem (str | dict): 'patch' for the parent's linear patch embedding, 'conv' for
            :class:`ConvStem`, or the config of a backbone for :class:`BackboneStem`, such
            as ``dict(type='EfficientNetLite0')``.
        finer_maps (bool): Whether to return the maps of the stem's backbone except its
            last one as well, before those of the transformer, which does not change them
            (requires ``out_type='featmap'``).
        **kwargs: Arguments of the parent; ``patch_size`` is the stride of every stem.

    Raises:
        UserError: ``stem`` is none of these, or ``finer_maps`` is set without a backbone
            as the stem or without ``out_type='featmap'``.
    """

    def __init__(
        self,
        *args,
        stem: Union[str, dict] = 'patch',
        finer_maps: bool = False,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        if finer_maps and not (isinstance(stem, dict) and self.out_type == 'featmap'):
            raise UserError(
                'MaskedVisionTransformer: finer_maps=True requires a backbone as the stem '
                "and out_type='featmap': set both, or leave finer_maps out."
            )
        self.finer_maps = finer_maps
        stride = self.patch_embed.projection.stride
        if stem == 'conv':
            self.patch_embed = ConvStem(self.img_size, stride[0], self.embed_dims)
        elif isinstance(stem, dict):
            self.patch_embed = BackboneStem(self.img_size, stride[0], self.embed_dims, stem)
        elif stem != 'patch':
            raise UserError(
                "MaskedVisionTransformer: stem must be 'patch', 'conv' or the config of a "
                f'backbone, not {stem!r}.'
            )
        self.patch_size = stride

    def init_weights(self) -> None:
        """As the parent, but positions start as sines and cosines (as in MAE).

        A network trained from scratch then need not learn which patches are neighbours.
        """
        # the parent's own would redraw loaded positions if init_cfg is a list
        super(VisionTransformer, self).init_weights()
        if not is_pretrained(self):
            # mmpretrain orders patches column by column; with both sides exchanged that
            # is row by row.
            position = build_2d_sincos_position_embedding(
                self.patch_grid[::-1],
                self.embed_dims,
                cls_token=self.cls_token is not None,
            )
            self.pos_embed.data.copy_(position)

    def _prepare_pos_embed(self, state_dict: dict, prefix: str, *args) -> None:
        """Convert a state dict before it is loaded; the parent registers this as a hook."""
        dropped = convert_in_place(state_dict, prefix, self.with_cls_token)
        if dropped:
            parts = sorted({name.split('.')[0] for name in dropped})
            print_log(
                f'MaskedVisionTransformer: left out {len(dropped)} weights of the '
                f'checkpoint that do not belong to the encoder: {", ".join(parts)}.',
                logger='current',
            )
        name = prefix + 'pos_embed'
        if name in state_dict:
            state_dict[name] = fit_positions(
                state_dict[name],
                self.patch_grid,
                self.num_extra_tokens,
                self.interpolate_mode,
            )

    @property
    def patch_grid(self) -> tuple[int, int]:
        """Rows and columns of patches at the configured image size."""
        return tuple(self.patch_embed.init_out_size)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """[B, 3, H, W] -> the outputs of the parent; finer maps of the stem come first."""
        if not self.finer_maps:
            return super().forward(x)
        of_stem: list[Tensor] = []
        note = self.patch_embed.backbone.register_forward_hook(
            lambda module, images, maps: of_stem.extend(maps)
        )
        try:
            outputs = super().forward(x)
        finally:
            note.remove()
        return (*of_stem[:-1], *outputs)

    def forward_visible(self, images: Tensor, mask: PatchMask) -> Tensor:
        """Encode the visible patches only (MAE, He et al. 2022).

        Args:
            images (Tensor): [B, 3, H, W], normalised.
            mask (PatchMask): Which patches are hidden.

        Returns:
            Tensor: [B, V, C] tokens in the order of their positions, after the final
            norm, without the class token.
        """
        tokens, pos_embed = self._embed_visible(images, mask)
        tokens = tokens + pos_embed[:, self.num_extra_tokens :]
        index = mask.visible.unsqueeze(-1).expand(-1, -1, tokens.shape[-1])
        return self._encode(tokens.gather(1, index), pos_embed)

    def forward_masked(self, images: Tensor, mask: PatchMask, mask_token: Tensor) -> Tensor:
        """Encode all patches, hidden ones as a mask token (SimMIM, Xie et al. 2022).

        Args:
            images (Tensor): [B, 3, H, W], normalised.
            mask (PatchMask): Which patches are hidden.
            mask_token (Tensor): [1, 1, C], stands in for the embedding of hidden patches.

        Returns:
            Tensor: [B, L, C] tokens of all patches, after the final norm, without the
            class token.
        """
        tokens, pos_embed = self._embed_visible(images, mask)
        hidden = mask.hidden.unsqueeze(-1)
        tokens = torch.where(hidden, mask_token.to(tokens.dtype), tokens)
        return self._encode(tokens + pos_embed[:, self.num_extra_tokens :], pos_embed)

    def _embed_visible(self, images: Tensor, mask: PatchMask) -> tuple[Tensor, Tensor]:
        """Patch embeddings [B, L, C] and all positions [1, E + L, C].

        Hidden pixels are blanked first: a convolutional stem would otherwise see them
        through its overlapping windows.
        """
        rows = images.shape[-2] // self.patch_size[0]
        visible = 1 - hidden_pixels(mask, rows, images)
        embed = getattr(self.patch_embed, 'embed_blanked', self.patch_embed)
        tokens, grid = embed(images * visible)
        pos_embed = resize_pos_embed(
            self.pos_embed,
            self.patch_resolution,
            grid,
            mode=self.interpolate_mode,
            num_extra_tokens=self.num_extra_tokens,
        )
        return tokens, pos_embed

    def _encode(self, tokens: Tensor, pos_embed: Tensor) -> Tensor:
        """Pass patch tokens [B, N, C], positions added, through all layers and the norm."""
        if self.cls_token is not None:
            cls = (self.cls_token + pos_embed[:, :1]).expand(len(tokens), -1, -1)
            tokens = torch.cat([cls, tokens], dim=1)
        tokens = self.pre_norm(self.drop_after_pos(tokens))
        for layer in self.layers:
            tokens = layer(tokens)
        if self.final_norm:
            tokens = self.ln1(tokens)
        return tokens[:, self.num_extra_tokens :]
