"""Images of a batch in the style of their partners, at random."""

from dataclasses import dataclass
from typing import Optional, Sequence

import torch
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.style_networks.style_bank import StyleBank


@dataclass
class Direction:
    """Whose images take whose style in a step.

    Args:
        content (str): Name of the images that are restyled.
        style (str): Name of their partners.
        prob (float): Probability that an image is restyled.
        alpha (tuple[float, float]): Lowest and highest strength.
        lots (Tensor): Random numbers in [0, 1), [B, 3], for whether, how strongly, and
            after which style of the bank an image is restyled. On the CPU, which then need
            not ask the device how many images were drawn.
        bank (StyleBank, optional): Gives the styles instead of the partners, whose styles
            it collects until it is full.
    """

    content: str
    style: str
    prob: float
    alpha: tuple[float, float]
    lots: Tensor
    bank: Optional[StyleBank] = None

    @property
    def drawn(self) -> Tensor:
        """Indices of the images that are restyled, [n]."""
        return (self.lots[:, 0] < self.prob).nonzero()[:, 0]

    @property
    def strength(self) -> Tensor:
        """Strengths for these images, [n, 1, 1, 1]."""
        lowest, highest = self.alpha
        strength = lowest + (highest - lowest) * self.lots[self.drawn, 1]
        return strength.view(-1, 1, 1, 1)


def restyle(
    images: dict[str, Tensor], directions: Sequence[Direction], network: nn.Module
) -> dict[str, Tensor]:
    """Restyle some images of a batch after their partners.

    Both directions go through the network together. It sees each image once, and only
    images that are restyled or give their style.

    Args:
        images (dict[str, Tensor]): Name -> BGR [B, 3, H, W] in 0..255, of one size.
        directions (Sequence[Direction]): No two have the same ``content``.
        network (nn.Module): A style network.

    Returns:
        dict[str, Tensor]: ``content`` of each direction -> float [B, 3, H, W] in 0..255;
        images that are not restyled are unchanged.

    Raises:
        UserError: The images differ in size.
    """
    for direction in directions:
        if direction.bank is not None and not direction.bank.is_full:
            direction.bank.add(*network.statistics(images[direction.style]))
    found = {one.content: images[one.content].float() for one in directions}
    active = [one for one in directions if len(one.drawn)]
    if not active:
        return found
    if active[0].bank is None:
        styled = _after_partners(images, active, network)
    else:
        styled = [_after_bank(images[one.content], one, network) for one in active]
    for one, pictures in zip(active, styled):
        content = found[one.content]
        drawn = one.drawn.to(content.device)
        found[one.content] = content.index_copy(0, drawn, pictures)
    return found


def _after_partners(
    images: dict[str, Tensor], directions: Sequence[Direction], network: nn.Module
) -> Sequence[Tensor]:
    """Restyled images [n, 3, H, W] of each direction."""
    sizes = {name: tuple(batch.shape) for name, batch in images.items()}
    if len(set(sizes.values())) > 1:
        raise UserError(
            f'Style transfer requires images of one size, not {sizes}: give both views the '
            'same `input_size`.'
        )
    names = list(images)
    begin = {name: i * len(images[name]) for i, name in enumerate(names)}
    content = torch.cat([begin[one.content] + one.drawn for one in directions])
    style = torch.cat([begin[one.style] + one.drawn for one in directions])
    # the images that the network sees, and the place of each among them
    seen, places = torch.cat([content, style]).unique(return_inverse=True)
    strength = torch.cat([one.strength for one in directions])
    device = images[names[0]].device
    seen, places, strength = (v.to(device) for v in (seen, places, strength))
    batch = torch.cat([images[name] for name in names])[seen]
    styled = network(batch, *places.chunk(2), strength)
    return styled.split([len(one.drawn) for one in directions])


def _after_bank(content: Tensor, direction: Direction, network: nn.Module) -> Tensor:
    """The restyled images [n, 3, H, W] of one direction."""
    entry = direction.lots[direction.drawn, 2] * len(direction.bank)
    drawn, entry, strength = (
        values.to(content.device)
        for values in (direction.drawn, entry.long(), direction.strength)
    )
    return network.transfer(content[drawn], *direction.bank.pick(entry), strength)
