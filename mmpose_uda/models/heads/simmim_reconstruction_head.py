"""The linear decoder of SimMIM."""

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.models.heads.base_reconstruction_head import (
    BaseReconstructionHead,
    require_patch_tokens,
)
from mmpose_uda.models.observation import ViewObservation
from mmpose_uda.models.utils import PatchMask


@MODELS.register_module()
class SimMIMReconstructionHead(BaseReconstructionHead):
    """Predicts pixels from the tokens of all patches (SimMIM, Xie et al. 2022).

    A learned mask token stands in for hidden patches, all tokens go through the encoder,
    and one linear layer predicts the pixels from them (sections 3.2 and 3.3). The encoder
    costs four times as much as MAE's at a ratio of 0.75, but is trained on dense input, as
    in the pose task. Targets and loss are those of the other reconstruction heads, not
    SimMIM's L1 on pixels.

    Args:
        in_channels (int): Channels of the encoder's tokens.
        patch_size (int): Side of a patch, px.
        patch_grid (tuple[int, int]): Rows and columns of patches, L in all.
        loss (dict): Loss of (predicted, target, hidden, foreground).
    """

    def __init__(
        self,
        in_channels: int,
        patch_size: int,
        patch_grid: tuple[int, int],
        loss: dict = dict(type='ForegroundReconstructionLoss'),
    ):
        super().__init__(patch_size, patch_grid, loss)
        # Not in the backbone, so that its weights keep the names of checkpoints.
        self.mask_token = nn.Parameter(torch.zeros(1, 1, in_channels))
        self.to_pixels = nn.Linear(in_channels, 3 * patch_size**2)

    def init_weights(self) -> None:
        super().init_weights()
        nn.init.trunc_normal_(self.mask_token, std=0.02)

    def check(self, name: str, estimator: nn.Module) -> None:
        require_patch_tokens(name, self, estimator, self.to_pixels.in_features)

    def encode(self, seen: ViewObservation, mask: PatchMask) -> Tensor:
        """Tokens [B, L, C] of all patches."""
        backbone = seen.network.backbone
        return backbone.forward_masked(seen.images, mask, self.mask_token)

    def forward(self, encoded: Tensor, mask: PatchMask) -> Tensor:
        """Predict all patches.

        Args:
            encoded (Tensor): [B, L, C] tokens of all patches.
            mask (PatchMask): Not used, because all tokens are already in place.

        Returns:
            Tensor: [B, L, 3 * patch_size ** 2], normalised patches.
        """
        return self.to_pixels(encoded)
