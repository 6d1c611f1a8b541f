"""Masked reconstruction for convolutional networks."""

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from mmpose_uda.errors import UserError
from mmpose_uda.models.heads.base_reconstruction_head import BaseReconstructionHead
from mmpose_uda.models.observation import ViewObservation
from mmpose_uda.models.utils import PatchMask, hidden_pixels, running_statistics


@MODELS.register_module()
class ConvReconstructionHead(BaseReconstructionHead):
    """Predicts pixels from the last feature map of any backbone.

    A convolution has no token to leave out, so hidden patches are filled with the mean
    colour of the visible part of their image. The decoder is SimMIM's for hierarchical
    backbones (Xie et al. 2022, section 3.3): a 1x1 convolution to the pixels under each
    cell. The filling is ours.

    Images with hidden patches do not enter the running statistics of BatchNorm; the layers
    normalise them by their own batch.

    Args:
        in_channels (int): Channels of the last feature map.
        stride (int): Input pixels per cell of that map, in each direction.
        patch_size (int): Side of a patch, px; preferably a multiple of ``stride``.
        patch_grid (tuple[int, int]): Rows and columns of patches, L in all.
        loss (dict): Loss of (predicted, target, hidden, foreground).
    """

    def __init__(
        self,
        in_channels: int,
        stride: int,
        patch_size: int,
        patch_grid: tuple[int, int],
        loss: dict = dict(type='ForegroundReconstructionLoss'),
    ):
        super().__init__(patch_size, patch_grid, loss)
        self.stride = stride
        self.to_pixels = nn.Conv2d(in_channels, 3 * stride**2, kernel_size=1)

    @property
    def image_size(self) -> tuple[int, int]:
        """Height and width that all patches together cover, px."""
        rows, cols = self.patch_grid
        return rows * self.patch_size, cols * self.patch_size

    @torch.no_grad()
    def check(self, name: str, estimator: nn.Module) -> None:
        """Refuse a feature map of another size, measured on a blank image."""
        training = estimator.training
        features = estimator.eval().extract_feat(torch.zeros(1, 3, *self.image_size))
        estimator.train(training)
        found = tuple(features[-1].shape[1:])
        cells = tuple(side // self.stride for side in self.image_size)
        if found != (self.to_pixels.in_channels, *cells):
            height, width = self.image_size
            raise UserError(
                f'The head of the part {name!r} has in_channels='
                f'{self.to_pixels.in_channels} and stride={self.stride}, but an image of '
                f'{width} x {height} px (patch_grid times patch_size) has features of '
                f'shape {list(found)} (channels, rows, columns): correct the head.'
            )

    def encode(self, seen: ViewObservation, mask: PatchMask) -> Tensor:
        """The last feature map [B, C, h, w] of the view without its hidden patches."""
        filled = self.fill_hidden(seen.images, mask)
        with running_statistics(seen.network, are_updated=False):
            return seen.network.extract_feat(filled)[-1]

    def fill_hidden(self, images: Tensor, mask: PatchMask) -> Tensor:
        """Fill hidden patches of images [B, 3, H, W] with the mean of the visible ones."""
        visible = 1 - hidden_pixels(mask, self.patch_grid[0], images)
        mean = (images * visible).sum((2, 3), keepdim=True)
        mean = mean / visible.sum((2, 3), keepdim=True)
        return torch.where(visible > 0, images, mean)

    def forward(self, encoded: Tensor, mask: PatchMask) -> Tensor:
        """Predict all patches.

        Args:
            encoded (Tensor): [B, C, h, w].
            mask (PatchMask): Not used, because every cell predicts the pixels under it.

        Returns:
            Tensor: [B, L, 3 * patch_size ** 2], normalised patches.
        """
        return self.to_patches(F.pixel_shuffle(self.to_pixels(encoded), self.stride))
