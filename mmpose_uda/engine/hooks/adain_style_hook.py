"""Image level alignment: exchanging style between the domains."""

from typing import Optional, Sequence

import torch
from mmengine.hooks import Hook
from mmpose.registry import HOOKS
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.utils import pyramid_adain


@HOOKS.register_module()
class AdaINStyleHook(Hook):
    """Gives images of one domain the style of the other before each training step.

    The style network is weight-free: channel statistics of the bands of a pyramid
    (:func:`pyramid_adain`). Every image of a batch draws for itself whether it is
    restyled, after which image of the other domain, and how strongly.

    Args:
        source_to_target (dict, optional): ``prob`` and ``alpha`` = (lowest, highest)
            strength for source images.
        target_to_source (dict, optional): The same for the teacher's view of the target.
        levels (int): Depth of the pyramid.
        source_view (str): The source's view.
        target_view (str): The target's view.

    Raises:
        UserError: Neither direction is given, or a direction has other keys.
    """

    def __init__(
        self,
        source_to_target: Optional[dict] = None,
        target_to_source: Optional[dict] = None,
        levels: int = 3,
        source_view: str = 'source',
        target_view: str = 'target_teacher',
    ):
        self.directions = []
        for direction, content, style in (
            (source_to_target, source_view, target_view),
            (target_to_source, target_view, source_view),
        ):
            if direction is None:
                continue
            if set(direction) != {'prob', 'alpha'}:
                raise UserError(
                    'AdaINStyleHook: a direction needs exactly `prob` and `alpha` '
                    f'(lowest, highest), not {sorted(direction)}.'
                )
            self.directions.append(
                (content, style, direction['prob'], tuple(direction['alpha']))
            )
        if not self.directions:
            raise UserError(
                'AdaINStyleHook does nothing: give `source_to_target` or '
                '`target_to_source`.'
            )
        self.levels = levels
        self.required_views = (source_view, target_view)

    def before_train_iter(
        self, runner, batch_idx: int, data_batch: Optional[dict] = None
    ) -> None:
        """Restyle the views of a batch, raw images [B, 3, H, W] in 0..255, in place."""
        device = next(runner.model.parameters()).device
        images = data_batch['inputs']
        # Styles come from the batch as it was, also where both directions are on.
        raw = {v: images[v].to(device, non_blocking=True) for v in self.required_views}
        for content, style, prob, alpha in self.directions:
            images[content] = restyle(
                raw[content], raw[style], prob, alpha, self.levels
            )


def restyle(
    content: Tensor, style: Tensor, prob: float, alpha: Sequence[float], levels: int
) -> Tensor:
    """Restyle some images of a batch after random images of another.

    Args:
        content (Tensor): [B, C, H, W] in 0..255.
        style (Tensor): [B', C, H, W] in 0..255.
        prob (float): Share of the images that are restyled.
        alpha (Sequence[float]): Lowest and highest strength; 1 takes the full statistics
            of the style.
        levels (int): Depth of the pyramid.

    Returns:
        Tensor: float [B, C, H, W] in 0..255.
    """
    content, style = content.float(), style.float()
    device, count = content.device, len(content)
    partner = torch.randint(len(style), (count,), device=device)
    strength = torch.empty(count, 1, 1, 1, device=device).uniform_(*alpha)
    strength = strength * (torch.rand_like(strength) < prob)
    styled = pyramid_adain(content, style[partner], levels).clamp(0, 255)
    return torch.lerp(content, styled, strength)
