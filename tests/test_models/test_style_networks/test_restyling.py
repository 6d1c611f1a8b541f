import pytest
import torch
from style_factory import bright_images, changed, dark_images
from style_factory import restyled as styled
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.models import style_networks
from mmpose_uda.models.style_networks import (
    Direction,
    PyramidStyle,
    StyleBank,
    VGG19Style,
)


def restyle(content, style, network, prob, alpha, lots, bank=None):
    """In one direction."""
    direction = Direction('source', 'target', prob, alpha, lots, bank)
    images = dict(source=content, target=style)
    return style_networks.restyle(images, [direction], network)['source']


@pytest.fixture
def content():
    return dark_images()


@pytest.fixture
def style():
    return bright_images()


@pytest.fixture(scope='module')
def vgg_network(files):
    return VGG19Style(files['public'], files['decoder'])


def lots(count=8):
    return torch.rand(count, 3)


def test_probability_0_and_1(content, style):
    never = restyle(content, style, PyramidStyle(3), 0.0, (0.5, 1), lots(len(content)))
    assert torch.equal(never, content.float())
    always = restyle(content, style, PyramidStyle(3), 1.0, (0.5, 1), lots(len(content)))
    assert all(changed(content, always))
    assert always.min() >= 0 and always.max() <= 255


def test_each_image_draws_for_itself(content, style):
    content, style = content.repeat(50, 1, 1, 1), style.repeat(50, 1, 1, 1)
    some = changed(
        content, restyle(content, style, PyramidStyle(1), 0.3, (1, 1), lots(len(content)))
    )
    assert 0.2 < sum(some) / len(some) < 0.4
    assert some[:8] != some[8:16]


def test_full_strength_is_the_style_of_the_partner(content, style):
    restyled = restyle(content, style, PyramidStyle(2), 1.0, (1, 1), lots())
    expected = styled(PyramidStyle(2), content, style, torch.ones(8, 1, 1, 1))
    torch.testing.assert_close(restyled, expected, rtol=0, atol=1e-3)


def test_strength_lies_between_image_and_style(content):
    style = torch.full((8, 3, 16, 24), 200, dtype=torch.uint8)
    style[..., ::2] = 100
    full = restyle(content, style, PyramidStyle(1), 1.0, (1, 1), lots(len(content)))
    part = restyle(content, style, PyramidStyle(1), 1.0, (0.2, 0.6), lots(len(content)))
    image = content.float()
    ratio = ((part - image) * (full - image)).sum((1, 2, 3))
    ratio = ratio / (full - image).square().sum((1, 2, 3))
    assert ratio.min() > 0.2 - 1e-4 and ratio.max() < 0.6 + 1e-4
    assert ratio.std() > 0.03
    expected = torch.lerp(image, full, ratio.view(-1, 1, 1, 1))
    torch.testing.assert_close(part, expected, atol=1e-2, rtol=0)


def test_the_lots_say_what_happens(content, style):
    given = lots()
    found = restyle(content, style, PyramidStyle(3), 0.5, (0.2, 1.0), given)
    strength = (0.2 + 0.8 * given[:, 1]) * (given[:, 0] < 0.5)
    assert 0 < (strength > 0).sum() < 8
    expected = styled(PyramidStyle(3), content, style, strength.view(-1, 1, 1, 1))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-3)


class Recorder(nn.Module):
    """A style network that paints the strength, and keeps what it was given."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def forward(self, images, content, style, strength):
        self.calls.append((images[content], images[style], strength))
        self.seen = len(images)
        return strength.expand_as(images[content])


def test_only_the_drawn_images_go_through_the_network(content, style):
    network = Recorder()
    found = restyle(content, style, network, 0.5, (0.2, 0.8), lots(len(content)))
    ((given, partners, strength),) = network.calls
    touched = torch.tensor(changed(content, found))
    assert 0 < touched.sum() < 8
    assert torch.equal(given, content[touched])
    assert torch.equal(partners, style[touched])
    assert strength.shape == (len(given), 1, 1, 1)
    assert network.seen == 2 * len(given)
    assert torch.equal(found[touched], strength.expand_as(given))
    restyle(content, style, network, 0.0, (0.2, 0.8), lots(len(content)))
    assert len(network.calls) == 1


def test_kept_styles_take_the_place_of_encoding(content, style, vgg_network, monkeypatch):
    bank, given = StyleBank(len(style)), lots()
    given[:, 2] = torch.arange(8).flip(0) / 8 + 0.01  # the entries from the last on
    kept = restyle(content, style, vgg_network, 1.0, (0.3, 1), given, bank)
    assert bank.is_full
    monkeypatch.setattr(vgg_network, 'statistics', None)
    other = torch.zeros_like(style)  # not looked at any more
    again = restyle(content, other, vgg_network, 1.0, (0.3, 1), given, bank)
    monkeypatch.undo()
    encoded = restyle(content, style.flip(0), vgg_network, 1.0, (0.3, 1), given)
    for found in (kept, again):
        torch.testing.assert_close(found, encoded, rtol=0, atol=1e-2)


def test_all_entries_of_a_bank_are_drawn(content, style, vgg_network, monkeypatch):
    bank, picked = StyleBank(3), []
    pick = bank.pick
    monkeypatch.setattr(bank, 'pick', lambda index: picked.append(index) or pick(index))
    for _ in range(8):
        restyle(content, style, vgg_network, 1.0, (1, 1), lots(), bank)
    assert set(torch.cat(picked).tolist()) == {0, 1, 2}


def test_two_directions_see_each_image_once(content, style, vgg_network, monkeypatch):
    whether = torch.tensor([[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 0, 0, 1, 1]])
    directions = [
        Direction(*names, 0.5, (0.3, 1), torch.stack([drawn, *torch.rand(2, 8)], 1))
        for names, drawn in zip((('a', 'b'), ('b', 'a')), whether)
    ]
    calls = []
    for name in ('encoder', 'decoder'):
        forward = getattr(vgg_network, name).forward
        monkeypatch.setattr(
            getattr(vgg_network, name),
            'forward',
            lambda x, f=forward, name=name: calls.append((name, len(x))) or f(x),
        )
    images = dict(a=content, b=style)
    found = style_networks.restyle(images, directions, vgg_network)
    # 6 pairs have an image that is restyled, of which 2 have both
    assert calls == [('encoder', 12), ('decoder', 8)]
    for one in directions:
        alone = style_networks.restyle(images, [one], vgg_network)[one.content]
        torch.testing.assert_close(found[one.content], alone, rtol=0, atol=1e-2)
        assert changed(images[one.content], alone) == (one.lots[:, 0] < 0.5).tolist()


def test_images_of_two_sizes_are_refused(content, style):
    with pytest.raises(UserError, match='of one size'):
        restyle(content, style[..., :-2], PyramidStyle(1), 1.0, (1, 1), lots())
