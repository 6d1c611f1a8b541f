import pytest
import torch

from mmpose_uda.models.utils import (
    haar_merge,
    haar_split,
    match_statistics,
    wavelet_adain,
)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def statistics(band):
    return torch.std_mean(band, dim=(2, 3))


def bands(image, levels):
    """The detail bands from fine to coarse, then the low band."""
    for _ in range(levels):
        image, details = haar_split(image)
        yield details
    yield image


def test_haar_bands_of_one_block():
    image = torch.tensor([[[[1.0, 2], [3, 5]]]])
    low, details = haar_split(image)
    assert low.item() == 5.5
    # differences of rows, of columns, and of diagonals
    assert details.flatten().tolist() == [-2.5, -1.5, 0.5]


def test_haar_keeps_channels_apart():
    image = torch.rand(2, 3, 4, 6)
    low, details = haar_split(image)
    assert low.shape == (2, 3, 2, 3) and details.shape == (2, 9, 2, 3)
    for channel in range(3):
        alone = haar_split(image[:, channel : channel + 1])
        assert torch.equal(low[:, channel : channel + 1], alone[0])
        assert torch.equal(details[:, channel::3], alone[1])


def test_haar_round_trip_is_exact():
    # bytes and their sums are exact in float32
    image = torch.randint(0, 256, (2, 3, 16, 8)).float()
    assert torch.equal(haar_merge(*haar_split(image)), image)


def test_haar_is_orthonormal():
    image = torch.rand(1, 3, 8, 8)
    low, details = haar_split(image)
    energy = low.square().sum() + details.square().sum()
    torch.testing.assert_close(energy, image.square().sum())


def test_match_statistics():
    content, style = torch.rand(2, 3, 8, 8), 5 + 3 * torch.rand(2, 3, 4, 6)
    matched = match_statistics(content, style)
    for found, expected in zip(statistics(matched), statistics(style)):
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    # an increasing affine map of each channel
    order = content.flatten(2).argsort(-1)
    assert (matched.flatten(2).gather(-1, order).diff() >= 0).all()


def test_a_flat_content_takes_the_mean_of_the_style():
    style = torch.rand(1, 3, 8, 8)
    matched = match_statistics(torch.full((1, 3, 8, 8), 7.0), style)
    mean = style.mean((2, 3), keepdim=True)
    torch.testing.assert_close(matched, mean.expand_as(style))


@pytest.mark.parametrize('levels', [0, 1, 3])
def test_every_band_has_the_statistics_of_the_style(levels):
    content = torch.rand(2, 3, 32, 16) * 255
    style = torch.randn(2, 3, 32, 16) * 20 + 90
    styled = wavelet_adain(content, style, levels)
    for found, expected in zip(bands(styled, levels), bands(style, levels)):
        for found_value, value in zip(statistics(found), statistics(expected)):
            torch.testing.assert_close(found_value, value, rtol=1e-3, atol=1e-3)
    assert not torch.allclose(styled, style, atol=1)


@pytest.mark.parametrize('levels', [0, 1, 3])
def test_its_own_style_changes_nothing(levels):
    content = torch.rand(2, 3, 32, 16) * 255
    styled = wavelet_adain(content, content, levels)
    torch.testing.assert_close(styled, content, rtol=0, atol=1e-3)
