"""Images of a batch in the style of their partners, at random."""

from typing import Optional, Sequence

from torch import Tensor, nn

from mmpose_uda.models.style_networks.style_bank import StyleBank


def restyle(
    content: Tensor,
    style: Tensor,
    network: nn.Module,
    prob: float,
    alpha: Sequence[float],
    lots: Tensor,
    bank: Optional[StyleBank] = None,
) -> Tensor:
    """Restyle some images of a batch after their partners.

    Args:
        content (Tensor): BGR [B, 3, H, W] in 0..255.
        style (Tensor): BGR [B, 3, H', W'] in 0..255, a partner each.
        network (nn.Module): A style network.
        prob (float): Share of the images that are restyled.
        alpha (Sequence[float]): Lowest and highest strength.
        lots (Tensor): Random numbers in [0, 1), [B, 3]: whether, how strongly, and after
            which style of the bank. On the CPU, which need not ask the device how many
            images were drawn.
        bank (StyleBank, optional): Where styles come from instead, once it is full; until
            then it takes those of ``style``.

    Returns:
        Tensor: float [B, 3, H, W] in 0..255; images that are not restyled are untouched.
    """
    if bank is not None and not bank.is_full:
        bank.add(*network.statistics(style))
    content = content.float()
    whether, strength, entry = lots.unbind(1)
    drawn = (whether < prob).nonzero()[:, 0]
    if not len(drawn):
        return content
    lowest, highest = alpha
    strength = (lowest + (highest - lowest) * strength[drawn]).view(-1, 1, 1, 1)
    entry = (entry[drawn] * (0 if bank is None else len(bank))).long()
    drawn, strength, entry = (
        values.to(content.device) for values in (drawn, strength, entry)
    )
    chosen = content[drawn]
    if bank is None:
        styled = network(chosen, style[drawn], strength)
    else:
        styled = network.transfer(chosen, *bank.pick(entry), strength)
    return content.index_copy(0, drawn, styled)
