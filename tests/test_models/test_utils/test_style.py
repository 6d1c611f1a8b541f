import numpy as np
import pytest
import torch

from mmpose_uda.models.utils import (
    match_statistics,
    pyramid_adain,
    pyramid_merge,
    pyramid_split,
)
from mmpose_uda.models.utils.style import adain, channel_statistics


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def content():
    return torch.rand(2, 3, 32, 16) * 100 + 20


@pytest.fixture
def style():
    return torch.randn(2, 3, 32, 16) * 20 + 150


def statistics(band):
    return torch.stack(torch.std_mean(band, dim=(2, 3)))


def test_the_low_band_is_the_mean_of_four_pixels(content):
    low, detail = pyramid_split(content)
    assert low.shape == (2, 3, 16, 8) and detail.shape == content.shape
    for row in range(16):
        for column in range(8):
            block = content[:, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            torch.testing.assert_close(low[:, :, row, column], block.mean((2, 3)))


def test_slopes_leave_no_detail():
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(12.0), indexing='ij')
    _, detail = pyramid_split((3 * x - 2 * y + 5)[None, None])
    assert detail[..., 1:-1, 1:-1].abs().max() < 1e-4  # the border has one neighbour


def test_merging_undoes_splitting(content):
    merged = pyramid_merge(*pyramid_split(content))
    torch.testing.assert_close(merged, content, rtol=0, atol=1e-4)


def test_match_statistics(content, style):
    matched = match_statistics(content, style[..., :8])
    expected = statistics(style[..., :8])
    torch.testing.assert_close(statistics(matched), expected, rtol=1e-3, atol=1e-3)
    # an increasing map of each channel
    order = content.flatten(2).argsort(-1)
    assert (matched.flatten(2).gather(-1, order).diff() >= -1e-4).all()


def test_a_flat_content_takes_the_mean_of_the_style(style):
    matched = match_statistics(torch.full((2, 3, 8, 8), 7.0), style)
    mean = style.mean((2, 3), keepdim=True)
    torch.testing.assert_close(matched, mean.expand(-1, -1, 8, 8), rtol=0, atol=1e-3)


def test_noise_is_not_amplified_without_bounds(style):
    faint = 0.01 * torch.randn(2, 3, 32, 16)
    deviation, mean = statistics(match_statistics(faint, style))
    torch.testing.assert_close(deviation, 4 * statistics(faint)[0], rtol=0.01, atol=0)
    torch.testing.assert_close(mean, statistics(style)[1])


def bands(image, levels):
    """Details from fine to coarse, then the low band."""
    found = []
    for _ in range(levels):
        image, detail = pyramid_split(image)
        found.append(detail)
    return [*found, image]


@pytest.mark.parametrize('levels', [0, 1, 3])
def test_every_band_takes_the_statistics_of_the_style(content, style, levels):
    pairs = zip(bands(content, levels), bands(style, levels))
    *details, image = [match_statistics(c, s) for c, s in pairs]
    for matched, expected in zip([*details, image], bands(style, levels)):
        torch.testing.assert_close(
            statistics(matched), statistics(expected), rtol=1e-3, atol=1e-3
        )
    for detail in reversed(details):
        image = pyramid_merge(image, detail)
    styled = pyramid_adain(content, style, levels)
    torch.testing.assert_close(styled, image)


@pytest.mark.parametrize('levels', [0, 1, 3])
def test_colours_become_those_of_the_style(content, style, levels):
    styled = pyramid_adain(content, style, levels)
    found, expected = statistics(styled), statistics(style)
    torch.testing.assert_close(found[1], expected[1], rtol=0.01, atol=0)
    torch.testing.assert_close(found[0], expected[0], rtol=0.3, atol=0)
    # and the content stays
    pixels = torch.stack([styled.flatten(), content.flatten(), style.flatten()])
    to_content, to_style = pixels.corrcoef()[0, 1:]
    assert to_content > 0.8 and to_style < 0.1


@pytest.mark.parametrize('levels', [0, 1, 3])
def test_its_own_style_changes_nothing(content, levels):
    styled = pyramid_adain(content, content, levels)
    torch.testing.assert_close(styled, content, rtol=0, atol=1e-3)


def test_channel_statistics_and_adain(content, style):
    """Against one channel after the other in NumPy, in double precision."""
    mean, std = channel_statistics(style[..., :8])
    found = adain(content, mean, std)
    assert mean.shape == std.shape == (2, 3, 1, 1)
    for b in range(2):
        for c in range(3):
            own = content[b, c].double().numpy()
            other = style[b, c, :, :8].double().numpy()
            other_std = np.sqrt(other.var(ddof=1) + 1e-5)
            assert abs(mean[b, c].item() - other.mean()) < 1e-3
            assert abs(std[b, c].item() - other_std) < 1e-3
            own = (own - own.mean()) / np.sqrt(own.var(ddof=1) + 1e-5)
            expected = own * other_std + other.mean()
            np.testing.assert_allclose(found[b, c], expected, atol=1e-3)


def test_adain_of_flat_and_of_half_precision_features(style):
    mean, std = channel_statistics(style)
    flat = adain(torch.full((2, 3, 8, 8), 7.0), mean, std)
    torch.testing.assert_close(flat, mean.expand(-1, -1, 8, 8), rtol=0, atol=1e-3)
    half = adain(style.bfloat16(), *channel_statistics(style.bfloat16()))
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), style, rtol=0.02, atol=0.5)
    assert channel_statistics(style.bfloat16())[1].dtype == torch.float32


@pytest.mark.parametrize('height, width', [(33, 17), (7, 60), (1, 5), (1, 1)])
def test_sides_of_any_length(height, width):
    image = torch.rand(2, 3, height, width) * 200
    low, detail = pyramid_split(image)
    assert low.shape == (2, 3, (height + 1) // 2, (width + 1) // 2)
    for row in range(low.shape[2]):
        for column in range(low.shape[3]):
            block = image[:, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            torch.testing.assert_close(low[:, :, row, column], block.mean((2, 3)))
    torch.testing.assert_close(pyramid_merge(low, detail), image, rtol=0, atol=1e-4)
    styled = pyramid_adain(image, torch.rand(2, 3, 16, 9) * 50, 3)
    assert styled.shape == image.shape and styled.isfinite().all()
    again = pyramid_adain(image, image, 3)
    torch.testing.assert_close(again, image, rtol=0, atol=1e-2)
