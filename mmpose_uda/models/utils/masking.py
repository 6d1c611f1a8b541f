"""Which patches a masked image model hides.

Masks are made here from random numbers that are passed in, and given to the networks,
which never draw their own.
"""

from typing import NamedTuple, Optional

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from mmpose_uda.errors import UserError


class PatchMask(NamedTuple):
    """What a masked image model sees of each image.

    Args:
        visible (Tensor): long [B, V], positions of the visible patches, ascending.
        hidden (Tensor): bool [B, L], True where a patch is hidden.
    """

    visible: Tensor
    hidden: Tensor


def pool_to_patches(mask: Tensor, grid: tuple[int, int]) -> Tensor:
    """Mean of a soft mask [B, 1, H, W] in every patch of ``grid``, [B, L] row by row."""
    return F.adaptive_avg_pool2d(mask, grid).flatten(1)


def hidden_pixels(mask: PatchMask, rows: int, images: Tensor) -> Tensor:
    """Which pixels of images lie in hidden patches.

    Args:
        mask (PatchMask): L patches, row by row.
        rows (int): How many rows of patches there are.
        images (Tensor): [B, 3, H, W].

    Returns:
        Tensor: 1 where hidden, else 0, [B, 1, H, W] of the images' type.
    """
    hidden = mask.hidden.unflatten(1, (1, rows, -1)).to(images.dtype)
    return F.interpolate(hidden, size=images.shape[-2:])


@MODELS.register_module()
class PatchMasking(nn.Module):
    """Hide a fixed number of patches, optionally foreground patches more often.

    Patches are drawn without replacement with odds ``1 + (foreground_odds - 1) * fg``
    (Gumbel top-n), so the count is exact and shapes stay static.

    Args:
        ratio (float): Share of the patches that are hidden, between 0 and 1.
        foreground_odds (float): Odds of a pure foreground patch relative to a pure
            background patch. 1 is uniform masking as in MAE.

    Raises:
        UserError: ``ratio`` or ``foreground_odds`` is out of range.
    """

    def __init__(self, ratio: float = 0.75, foreground_odds: float = 1.0):
        super().__init__()
        if not 0 < ratio < 1:
            raise UserError(f'PatchMasking: ratio must lie between 0 and 1, not {ratio}.')
        if foreground_odds <= 0:
            raise UserError(
                f'PatchMasking: foreground_odds must be above 0, not {foreground_odds}.'
            )
        self.ratio = ratio
        self.foreground_odds = foreground_odds

    def num_masked(self, num_patches: int) -> int:
        """How many of ``num_patches`` are hidden: at least one, and never all."""
        return min(max(round(self.ratio * num_patches), 1), num_patches - 1)

    def forward(
        self,
        lots: Tensor,
        grid: tuple[int, int],
        foreground: Optional[Tensor] = None,
    ) -> PatchMask:
        """Draw masks.

        Args:
            lots (Tensor): Random numbers in [0, 1), [B, L].
            grid (tuple[int, int]): Rows and columns of patches, L in all.
            foreground (Tensor, optional): [B, 1, H, W] in [0, 1].

        Returns:
            PatchMask: The same number of visible patches in every row.
        """
        num_patches = lots.shape[1]
        # 1 - lots is in (0, 1], so this never takes the logarithm of 0
        gumbel = -(-(1 - lots).log()).clamp_min(torch.finfo(lots.dtype).tiny).log()
        if foreground is not None and self.foreground_odds != 1:
            share = pool_to_patches(foreground, grid)
            gumbel = gumbel + (1 + (self.foreground_odds - 1) * share).log()
        num_visible = num_patches - self.num_masked(num_patches)
        visible = gumbel.topk(num_visible, dim=1, largest=False).indices
        visible = visible.sort(dim=1).values
        hidden = torch.ones_like(lots, dtype=torch.bool)
        return PatchMask(visible, hidden.scatter_(1, visible, False))
