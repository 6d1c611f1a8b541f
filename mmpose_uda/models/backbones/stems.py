"""Stems, which turn pixels into the tokens of a vision transformer."""

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.utils import running_statistics


class ConvStem(BaseModule):
    """Patch embedding by a stack of strided 3x3 convolutions (Xiao et al. 2021).

    Learns far faster from scratch than one large linear projection, and normalises per
    sample (GroupNorm), so it keeps no statistics of a domain. It has the interface of
    mmpretrain's ``PatchEmbed``.

    Args:
        img_size (tuple[int, int]): Height and width of the input, px.
        patch_size (int): Total stride, px, a power of two.
        embed_dims (int): Channels of a token.
        in_channels (int): Channels of the image.
    """

    def __init__(
        self,
        img_size: tuple[int, int],
        patch_size: int,
        embed_dims: int,
        in_channels: int = 3,
    ):
        super().__init__()
        steps = patch_size.bit_length() - 1
        if 2**steps != patch_size:
            raise UserError(
                f'ConvStem: patch_size must be a power of two, not {patch_size}.'
            )
        self.init_out_size = (img_size[0] // patch_size, img_size[1] // patch_size)
        widths = [max(embed_dims >> (steps - 1 - i), 16) // 8 * 8 for i in range(steps)]
        layers: list[nn.Module] = []
        for width_in, width_out in zip([in_channels, *widths], widths):
            layers += _conv_block(width_in, width_out, stride=2)
        layers += _conv_block(widths[-1], widths[-1], stride=1)
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], embed_dims, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """[B, C, H, W] -> tokens [B, L, embed_dims] and the grid (rows, columns)."""
        return _as_tokens(self.layers(x))


class BackboneStem(BaseModule):
    """Tokens from the last feature map of another backbone, such as a pre-trained CNN.

    The hybrid of Dosovitskiy et al. 2021 (section 3.1): each cell of the map becomes a
    token through a linear projection.

    Args:
        img_size (tuple[int, int]): Height and width of the input, px.
        patch_size (int): Pixels per token in each direction, the stride of that map.
        embed_dims (int): Channels of a token.
        backbone (dict): Config of the other backbone.

    Raises:
        UserError: The backbone's last map has another stride.
    """

    def __init__(
        self, img_size: tuple[int, int], patch_size: int, embed_dims: int, backbone: dict
    ):
        super().__init__()
        self.backbone = MODELS.build(backbone)
        self.init_out_size = (img_size[0] // patch_size, img_size[1] // patch_size)
        channels, *grid = _shape_of_last_map(self.backbone, img_size)
        if tuple(grid) != self.init_out_size:
            raise UserError(
                f'The stem {backbone["type"]} makes {grid[0]} x {grid[1]} cells from an '
                f'image of {img_size[0]} x {img_size[1]} px, but patch_size={patch_size} '
                f'requires {self.init_out_size[0]} x {self.init_out_size[1]}: change '
                "patch_size, or the stem's out_indices."
            )
        self.projection = nn.Conv2d(channels, embed_dims, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """[B, C, H, W] -> tokens [B, L, embed_dims] and the grid (rows, columns)."""
        return _as_tokens(self.projection(self.backbone(x)[-1]))

    def embed_blanked(self, x: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """As :meth:`forward`, for images whose hidden patches are blank.

        The backbone was neither pre-trained on such images nor is it tested on them, so
        they train only the projection and do not enter the statistics of BatchNorm layers.
        This also saves two of the four backward passes of a step (docs/experiments.md).
        """
        with running_statistics(self.backbone, are_updated=False), torch.no_grad():
            features = self.backbone(x)[-1]
        return _as_tokens(self.projection(features))


def _conv_block(width_in: int, width_out: int, stride: int) -> list[nn.Module]:
    return [
        nn.Conv2d(width_in, width_out, 3, stride=stride, padding=1, bias=False),
        nn.GroupNorm(8, width_out),
        nn.GELU(),
    ]


def _as_tokens(features: Tensor) -> tuple[Tensor, tuple[int, int]]:
    return features.flatten(2).transpose(1, 2), features.shape[-2:]


@torch.no_grad()
def _shape_of_last_map(backbone: nn.Module, img_size: tuple[int, int]) -> torch.Size:
    """Channels, rows and columns of the last map for an image of that size."""
    backbone.eval()  # BatchNorm cannot normalise by one blank image
    features = backbone(torch.zeros(1, 3, *img_size))[-1]
    backbone.train()
    return features.shape[1:]
