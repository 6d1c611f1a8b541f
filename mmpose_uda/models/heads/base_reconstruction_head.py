"""Base of all masked reconstruction heads: patches of pixels and their loss."""

from abc import ABCMeta, abstractmethod
from typing import Optional

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.observation import ViewObservation
from mmpose_uda.models.utils import PatchMask, pool_to_patches


class BaseReconstructionHead(BaseModule, metaclass=ABCMeta):
    """Encodes an image with hidden patches, and compares its predictions of them.

    A subclass defines how such an image goes through the backbone (:meth:`encode`) and a
    light decoder (:meth:`forward`).

    Args:
        patch_size (int): Side of a patch, px.
        patch_grid (tuple[int, int]): Rows and columns of patches, L in all.
        loss (dict): Loss of (predicted, target, hidden, foreground).
    """

    def __init__(self, patch_size: int, patch_grid: tuple[int, int], loss: dict):
        super().__init__()
        self.patch_size = patch_size
        self.patch_grid = tuple(patch_grid)
        self.loss_module = MODELS.build(loss)

    @abstractmethod
    def check(self, name: str, estimator: nn.Module) -> None:
        """Refuse an estimator whose features this head cannot decode.

        Args:
            name (str): Name of the part in the config.
            estimator (nn.Module): A pose estimator with a ``backbone``.

        Raises:
            UserError: The features do not fit; the message says what would.
        """

    @abstractmethod
    def encode(self, seen: ViewObservation, mask: PatchMask) -> Tensor:
        """Encode a view without its hidden patches with the backbone.

        Args:
            seen (ViewObservation): ``images`` [B, 3, H, W] and the ``network``.
            mask (PatchMask): Which patches are hidden.
        """

    @abstractmethod
    def forward(self, encoded: Tensor, mask: PatchMask) -> Tensor:
        """Predict all patches.

        Args:
            encoded (Tensor): From :meth:`encode`.
            mask (PatchMask): Which patches are hidden.

        Returns:
            Tensor: [B, L, 3 * patch_size ** 2], normalised patches.
        """

    def loss(
        self,
        encoded: Tensor,
        mask: PatchMask,
        images: Tensor,
        foreground: Optional[Tensor] = None,
    ) -> Tensor:
        """Reconstruction loss of the hidden patches.

        Args:
            encoded (Tensor): From :meth:`encode`.
            mask (PatchMask): Which patches are hidden.
            images (Tensor): [B, 3, H, W], normalised.
            foreground (Tensor, optional): [B, 1, H, W] in [0, 1].

        Returns:
            Tensor: Scalar.
        """
        target, _, _ = self.normalised_patches(images)
        if foreground is not None:
            foreground = pool_to_patches(foreground, self.patch_grid)
        return self.loss_module(self(encoded, mask), target, mask.hidden, foreground)

    def normalised_patches(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Patches normalised by their own mean and deviation, as MAE reconstructs them.

        The deviation is ``sqrt(variance + 1e-6)``, as in MAE's code, so that a flat patch
        stays near zero.

        Args:
            images (Tensor): [B, 3, H, W].

        Returns:
            tuple[Tensor, Tensor, Tensor]: The patches [B, L, D], their means and
            deviations [B, L, 1].
        """
        patches = self.to_patches(images)
        variance, mean = torch.var_mean(patches, dim=-1, keepdim=True)
        deviation = (variance + 1e-6).sqrt()
        return (patches - mean) / deviation, mean, deviation

    def to_patches(self, images: Tensor) -> Tensor:
        """Cut images [B, 3, H, W] into patches [B, L, D] of (row, column, channel)."""
        size = self.patch_size
        patches = images.unfold(2, size, size).unfold(3, size, size)
        return patches.permute(0, 2, 3, 4, 5, 1).flatten(3).flatten(1, 2)

    def to_images(self, patches: Tensor) -> Tensor:
        """Put patches [B, L, D] back into images [B, 3, H, W]."""
        rows, cols = self.patch_grid
        patches = patches.unflatten(2, (self.patch_size, self.patch_size, 3))
        patches = patches.unflatten(1, (rows, cols)).permute(0, 5, 1, 3, 2, 4)
        return patches.flatten(4, 5).flatten(2, 3)


def require_patch_tokens(
    name: str, head: BaseReconstructionHead, estimator: nn.Module, in_channels: int
) -> None:
    """Refuse a backbone whose tokens are not those of the head's patches.

    Raises:
        UserError: It is not a masked vision transformer, or has other patches or channels.
    """
    backbone = estimator.backbone
    if not hasattr(backbone, 'forward_masked'):
        raise UserError(
            f'The part {name!r} has the head {type(head).__name__}, which needs a masked '
            f'vision transformer, but the backbone is {type(backbone).__name__}: use '
            "type='MaskedVisionTransformer', or for other backbones the head "
            "type='ConvReconstructionHead'."
        )
    found = dict(
        in_channels=in_channels, patch_size=head.patch_size, patch_grid=head.patch_grid
    )
    needed = dict(
        in_channels=backbone.embed_dims,
        patch_size=backbone.patch_size[0],
        patch_grid=backbone.patch_grid,
    )
    if found != needed:
        raise UserError(
            f'The head of the part {name!r} has {_arguments(found)}, but the backbone '
            f'has {_arguments(needed)}: correct the head.'
        )


def _arguments(values: dict) -> str:
    return ', '.join(f'{key}={value}' for key, value in values.items())
