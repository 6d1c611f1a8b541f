"""Masked reconstruction of both domains."""

from typing import TYPE_CHECKING, Sequence

import torch
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import (
    Alignment,
    require_foreground,
    require_masked_encoder,
)

if TYPE_CHECKING:
    from mmpose_uda.models.pose_estimators.observation import Observations


@MODELS.register_module()
class MaskedReconstruction(Alignment):
    """The backbone learns from the pixels of both domains (arXiv 2501.08408, MAE).

    The encoder sees the visible patches only, a light decoder reconstructs the hidden
    ones, and the foreground counts more, both in what is hidden (``masking``) and in the
    loss (``head.loss``).

    Args:
        masking (dict): Draws the masks, like :class:`PatchMasking`.
        head (dict): Decoder and loss, like :class:`ForegroundReconstructionHead`.
        views (Sequence[str]): What is reconstructed.
        foreground (bool): Whether masking and loss are told the foreground. Without it
            this is plain MAE.
        loss_weight (float): Weight of the losses.
        ramp_iters (int): Steps over which the weight grows.
    """

    def __init__(
        self,
        masking: dict,
        head: dict,
        views: Sequence[str] = ('source', 'target_student'),
        foreground: bool = True,
        loss_weight: float = 1.0,
        ramp_iters: int = 0,
    ):
        super().__init__(loss_weight, ramp_iters)
        self.masking = MODELS.build(masking)
        self.head = MODELS.build(head)
        self.reconstructed = tuple(views)
        self.foreground = foreground
        # The foreground of target images is read off the teacher's view.
        self.views = (*views, 'target_teacher') if foreground else tuple(views)

    def check(self, name, estimator) -> None:
        require_masked_encoder(name, estimator)
        grid = estimator.student.backbone.patch_grid
        if self.head.patch_grid != grid:
            raise UserError(
                f'The part {name!r} has patch_grid={self.head.patch_grid}, but the '
                f'backbone has {grid} rows and columns: correct it.'
            )
        if self.foreground:
            require_foreground(name, estimator)

    def forward(self, observed: 'Observations') -> dict[str, Tensor]:
        return {f'loss_{view}': self.loss(observed, view) for view in self.reconstructed}

    def loss(self, observed: 'Observations', view: str) -> Tensor:
        """Reconstruction loss of one view."""
        images = observed[view].images
        foreground = observed.foreground(view) if self.foreground else None
        mask = self.masking(len(images), self.head.patch_grid, images.device, foreground)
        visible = observed[view].encode_visible(mask)
        return self.head.loss(visible, mask, images, foreground)

    @torch.no_grad()
    def reconstruct(self, observed: 'Observations', view: str) -> tuple[Tensor, Tensor]:
        """Pictures of what the model makes of a masked view.

        Returns:
            tuple[Tensor, Tensor]: Images [B, 3, H, W] (normalised) whose hidden patches
            are reconstructed, and the hidden pixels as bool [B, 1, H, W].
        """
        images = observed[view].images
        foreground = observed.foreground(view) if self.foreground else None
        mask = self.masking(len(images), self.head.patch_grid, images.device, foreground)
        _, mean, std = self.head.normalised_patches(images)
        patches = self.head(observed[view].encode_visible(mask), mask) * std + mean
        painted = self.head.to_images(patches)
        hidden = mask.hidden.unsqueeze(-1).expand_as(patches)
        hidden = self.head.to_images(hidden)[:, :1]
        return torch.where(hidden, painted, images), hidden
