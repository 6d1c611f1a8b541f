import pytest
import torch
from style_factory import bright_images, changed, dark_images
from torch import nn

from mmpose_uda.models.style_networks import (
    PyramidStyle,
    StyleBank,
    VGG19Style,
    restyle,
)
from mmpose_uda.models.utils import pyramid_adain


@pytest.fixture
def content():
    return dark_images()


@pytest.fixture
def style():
    return bright_images()


@pytest.fixture(scope='module')
def vgg_network(files):
    return VGG19Style(files['public'], files['decoder'])


def test_probability_0_and_1(content, style):
    never = restyle(content, style, PyramidStyle(3), 0.0, (0.5, 1))
    assert torch.equal(never, content.float())
    always = restyle(content, style, PyramidStyle(3), 1.0, (0.5, 1))
    assert all(changed(content, always))
    assert always.min() >= 0 and always.max() <= 255


def test_each_image_draws_for_itself(content, style):
    content, style = content.repeat(50, 1, 1, 1), style.repeat(50, 1, 1, 1)
    some = changed(content, restyle(content, style, PyramidStyle(1), 0.3, (1, 1)))
    assert 0.2 < sum(some) / len(some) < 0.4
    assert some[:8] != some[8:16]


def test_full_strength_is_the_style_of_one_other_image(content, style):
    restyled = restyle(content, style, PyramidStyle(2), 1.0, (1, 1))
    candidates = [
        pyramid_adain(
            content.float(), style[[i]].float().expand(8, -1, -1, -1), 2
        ).clamp(0, 255)
        for i in range(8)
    ]
    partners = set()
    for i in range(8):
        errors = [(restyled[i] - c[i]).abs().max() for c in candidates]
        assert min(errors) < 1e-3
        partners.add(errors.index(min(errors)))
    assert len(partners) > 2


def test_strength_lies_between_image_and_style(content):
    style = torch.full((1, 3, 16, 24), 200, dtype=torch.uint8)
    style[..., ::2] = 100
    full = restyle(content, style, PyramidStyle(1), 1.0, (1, 1))
    part = restyle(content, style, PyramidStyle(1), 1.0, (0.2, 0.6))
    image = content.float()
    ratio = ((part - image) * (full - image)).sum((1, 2, 3))
    ratio = ratio / (full - image).square().sum((1, 2, 3))
    assert ratio.min() > 0.2 - 1e-4 and ratio.max() < 0.6 + 1e-4
    assert ratio.std() > 0.03
    expected = torch.lerp(image, full, ratio.view(-1, 1, 1, 1))
    torch.testing.assert_close(part, expected, atol=1e-2, rtol=0)


def test_follows_the_random_state(content, style):
    torch.manual_seed(5)
    network = PyramidStyle(3)
    first = restyle(content, style, network, 0.5, (0, 1))
    torch.manual_seed(5)
    assert torch.equal(restyle(content, style, network, 0.5, (0, 1)), first)
    assert not torch.equal(restyle(content, style, network, 0.5, (0, 1)), first)


def test_the_published_figures_stay(content, style):
    """Draws and pixels of the pyramid as they were when figures were made with it."""
    torch.manual_seed(5)
    found = restyle(content, style, PyramidStyle(3), 0.5, (0.0, 1.0))
    torch.manual_seed(5)
    partner = torch.randint(8, (8,))
    strength = torch.empty(8, 1, 1, 1).uniform_(0.0, 1.0)
    strength = strength * (torch.rand_like(strength) < 0.5)
    assert 0 < (strength > 0).sum() < 8
    styled = pyramid_adain(content.float(), style.float()[partner], 3).clamp(0, 255)
    assert torch.equal(found, torch.lerp(content.float(), styled, strength))


class Recorder(nn.Module):
    """A style network that paints the strength, and keeps what it was given."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def forward(self, content, style, strength):
        self.calls.append((content, style, strength))
        return strength.expand_as(content)


def test_only_the_drawn_images_go_through_the_network(content, style):
    network = Recorder()
    found = restyle(content, style, network, 0.5, (0.2, 0.8))
    ((given, partners, strength),) = network.calls
    touched = torch.tensor(changed(content, found))
    assert 0 < touched.sum() < 8
    assert torch.equal(given, content[touched].float())
    assert partners.shape == given.shape and strength.shape == (len(given), 1, 1, 1)
    assert torch.equal(found[touched], strength.expand_as(given))
    restyle(content, style, network, 0.0, (0.2, 0.8))
    assert len(network.calls) == 1


def test_a_draw_for_the_whole_batch(content, style):
    network, restyled = Recorder(), 0
    for _ in range(200):
        found = restyle(content, style, network, 0.5, (0.2, 0.8), per_batch=True)
        touched = changed(content, found)
        assert all(touched) or not any(touched)
        restyled += all(touched)
    assert 70 < restyled < 130 and len(network.calls) == restyled
    strengths = torch.stack([strength for _, _, strength in network.calls])
    assert torch.equal(strengths, strengths[:, :1].expand_as(strengths))
    assert strengths.min() > 0.2 and strengths.max() < 0.8 and strengths.std() > 0.1
    # but each image has a style of its own
    assert not torch.equal(network.calls[0][1], network.calls[1][1])


def test_kept_styles_take_the_place_of_encoding(content, style, vgg_network, monkeypatch):
    bank = StyleBank(len(style))
    torch.manual_seed(1)
    kept = restyle(content, style, vgg_network, 1.0, (0.3, 1), bank=bank)
    assert bank.is_full
    monkeypatch.setattr(vgg_network, 'statistics', None)
    again = []
    for images in (style, torch.zeros_like(style)):  # these are not looked at any more
        torch.manual_seed(1)
        again.append(restyle(content, images, vgg_network, 1.0, (0.3, 1), bank=bank))
    monkeypatch.undo()
    torch.manual_seed(1)
    encoded = restyle(content, style, vgg_network, 1.0, (0.3, 1))
    for found in (kept, *again):
        torch.testing.assert_close(found, encoded, rtol=0, atol=1e-2)
