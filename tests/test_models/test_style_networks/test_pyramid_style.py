import pytest
import torch
from style_factory import restyled

from mmpose_uda.models.style_networks import PyramidStyle
from mmpose_uda.models.utils import pyramid_adain


def pictures(*shape, bright=256):
    return torch.randint(0, bright, shape, dtype=torch.uint8)


def in_opponent_colours(image):
    """BGR [3, H, W] -> luminance and two differences, pixel by pixel."""
    blue, green, red = image.double()
    luminance = (blue + green + red) / 3**0.5
    first, second = (blue - red) / 2**0.5, (blue - 2 * green + red) / 6**0.5
    return torch.stack([luminance, first, second])


def in_bgr(channels):
    luminance, first, second = channels
    blue = luminance / 3**0.5 + first / 2**0.5 + second / 6**0.5
    green = luminance / 3**0.5 - 2 * second / 6**0.5
    red = luminance / 3**0.5 - first / 2**0.5 + second / 6**0.5
    return torch.stack([blue, green, red])


def test_statistics_of_opponent_colours_are_transferred_by_strength():
    content, style = pictures(3, 3, 16, 24), pictures(3, 3, 16, 24, bright=100)
    strength = torch.tensor([0.0, 0.25, 1.0]).view(3, 1, 1, 1)
    found = restyled(PyramidStyle(levels=2), content, style, strength)
    for n, share in enumerate((0.0, 0.25, 1.0)):
        ends = [in_opponent_colours(image[n])[None] for image in (content, style)]
        full = in_bgr(pyramid_adain(*ends, 2)[0]).clamp(0, 255)
        expected = (1 - share) * content[n].double() + share * full
        torch.testing.assert_close(found[n].double(), expected, rtol=0, atol=1e-3)


def test_a_grey_style_takes_all_colours_away():
    content, grey = pictures(2, 3, 32, 32), pictures(2, 1, 32, 32).expand(-1, 3, -1, -1)
    found = restyled(PyramidStyle(), content, grey, torch.ones(2, 1, 1, 1))
    assert (found.amax(1) - found.amin(1)).max() < 1e-3
    assert (content.amax(1) - content.amin(1)).float().mean() > 100
    with torch.autocast('cpu', torch.bfloat16):
        again = restyled(PyramidStyle(), content, grey, torch.ones(2, 1, 1, 1))
    assert torch.equal(again, found)
    # and its own style gives a picture back
    own = restyled(PyramidStyle(), content, content, torch.ones(2, 1, 1, 1))
    torch.testing.assert_close(own, content.float(), rtol=0, atol=1e-2)


@pytest.mark.parametrize('size', [(8, 8), (60, 60), (64, 45), (5, 3)])
def test_images_of_any_size(size):
    content, style = torch.randint(0, 256, (2, 2, 3, *size), dtype=torch.uint8)
    found = restyled(PyramidStyle(), content, style, torch.ones(2, 1, 1, 1))
    assert found.shape == content.shape and found.isfinite().all()
    assert (found != content).any()
