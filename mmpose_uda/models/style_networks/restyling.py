"""Images of a batch in the style of another's, at random."""

from typing import Optional, Sequence

import torch
from torch import Tensor, nn

from mmpose_uda.models.style_networks.style_bank import StyleBank


def restyle(
    content: Tensor,
    style: Tensor,
    network: nn.Module,
    prob: float,
    alpha: Sequence[float],
    per_batch: bool = False,
    bank: Optional[StyleBank] = None,
) -> Tensor:
    """Restyle some images of a batch after random images of another.

    Args:
        content (Tensor): BGR [B, 3, H, W] in 0..255.
        style (Tensor): BGR [B', 3, H', W'] in 0..255.
        network (nn.Module): A style network.
        prob (float): Share of the images that are restyled.
        alpha (Sequence[float]): Lowest and highest strength.
        per_batch (bool): Restyle all images equally strongly or none.
        bank (StyleBank, optional): Where styles come from, once it is full; until then it
            takes those of ``style``.

    Returns:
        Tensor: float [B, 3, H, W] in 0..255; images that are not restyled are untouched.
    """
    if bank is not None and not bank.is_full:
        bank.add(*network.statistics(style))
    count, styles = len(content), len(style if bank is None else bank)
    # On the CPU, which need not ask the device how many images were drawn.
    partner = torch.randint(styles, (count,))
    strength = torch.empty(1 if per_batch else count, 1, 1, 1).uniform_(*alpha)
    drawn = (torch.rand_like(strength) < prob).flatten().expand(count).nonzero()[:, 0]
    content = content.float()
    if not len(drawn):
        return content
    strength = strength.expand(count, 1, 1, 1)
    drawn, partner, strength = (
        values.to(content.device) for values in (drawn, partner[drawn], strength[drawn])
    )
    chosen = content[drawn]
    if bank is None:
        styled = network(chosen, style[partner], strength)
    else:
        styled = network.transfer(chosen, *bank.pick(partner), strength)
    return content.index_copy(0, drawn, styled)
