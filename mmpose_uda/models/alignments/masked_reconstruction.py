"""Masked reconstruction of both domains."""

from typing import Optional, Sequence

import torch
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.models.alignments.base import Alignment, views_of_foreground
from mmpose_uda.models.observation import Observations, ViewObservation
from mmpose_uda.models.utils import PatchMask


@MODELS.register_module()
class MaskedReconstruction(Alignment):
    """Trains the backbone on the pixels of both domains (arXiv 2501.08408).

    Patches are hidden, a light decoder reconstructs them, and the foreground counts more,
    both in what is hidden (``masking``) and in the loss (``head.loss``). The head decides
    what the backbone sees: the visible patches only (``ForegroundReconstructionHead``,
    MAE), mask tokens among them (``SimMIMReconstructionHead``), or an image with filled
    patches (``ConvReconstructionHead``, for a CNN).

    Args:
        masking (dict): Draws the masks, like :class:`PatchMasking`.
        head (dict): One of those heads, which has the encoding, the decoder and the loss.
        views (Sequence[str]): Views that are reconstructed.
        foreground (bool): Whether masking and loss use the foreground. Without it this is
            plain masked image modelling.
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
        self.views = self.reconstructed

    def check(self, name, estimator) -> None:
        """See the base class; also find out which views the foreground is read from."""
        self.head.check(name, estimator.student)
        if self.foreground:
            needed = views_of_foreground(name, estimator, self.reconstructed)
            self.views = (*self.reconstructed, *needed)

    @property
    def featured_views(self) -> tuple[str, ...]:
        """Those the foreground is read from; reconstructed views are encoded separately."""
        return tuple(view for view in self.views if view not in self.reconstructed)

    def forward(self, observed: Observations) -> dict[str, Tensor]:
        drawn = [self.draw_mask(observed, view) for view in self.reconstructed]
        encoded = self.encode(observed, [mask for mask, _ in drawn])
        return {
            f'loss_{view}': self.head.loss(
                tokens, mask, observed[view].undisturbed.images, foreground
            )
            for view, tokens, (mask, foreground) in zip(self.reconstructed, encoded, drawn)
        }

    def encode(self, observed: Observations, masks: list[PatchMask]) -> Sequence[Tensor]:
        """The backbone's tokens of views with hidden patches, in one pass if possible."""
        views = [observed[view].undisturbed for view in self.reconstructed]
        if not ViewObservation.can_join(views):
            return [self.head.encode(view, mask) for view, mask in zip(views, masks)]
        joint = PatchMask(*(torch.cat(tensors) for tensors in zip(*masks)))
        encoded = self.head.encode(ViewObservation.joined(views), joint)
        return encoded.split([len(view.images) for view in views])

    def draw_mask(
        self, observed: Observations, view: str
    ) -> tuple[PatchMask, Optional[Tensor]]:
        """Draw what is hidden in a view; also return the foreground if it is used."""
        foreground = observed.foreground(view) if self.foreground else None
        grid = self.head.patch_grid
        lots = observed[view].random.uniform(f'masking {view}', grid[0] * grid[1])
        return self.masking(lots, grid, foreground), foreground

    @torch.no_grad()
    def reconstruct(self, observed: Observations, view: str) -> tuple[Tensor, Tensor]:
        """Reconstruct the hidden patches of a view, for pictures.

        Returns:
            tuple[Tensor, Tensor]: Images [B, 3, H, W] (normalised) whose hidden patches
            are reconstructed, and the hidden pixels as bool [B, 1, H, W].
        """
        images = observed[view].images
        mask, _ = self.draw_mask(observed, view)
        _, mean, std = self.head.normalised_patches(images)
        patches = self.head(self.head.encode(observed[view], mask), mask) * std + mean
        painted = self.head.to_images(patches)
        hidden = mask.hidden.unsqueeze(-1).expand_as(patches)
        hidden = self.head.to_images(hidden)[:, :1]
        return torch.where(hidden, painted, images), hidden
