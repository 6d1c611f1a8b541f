import numpy as np
import pytest
import torch
from style_factory import decoder_weights, restyled

from mmpose_uda import UserError
from mmpose_uda.models.style_networks import VGG19Encoder, VGG19Style
from mmpose_uda.models.style_networks.decoder import load_decoder
from mmpose_uda.models.utils.style import adain, channel_statistics


@pytest.fixture(scope='module')
def network(files):
    return VGG19Style(files['public'], files['decoder'])


@pytest.fixture
def content():
    return torch.randint(0, 200, (2, 3, 32, 32), dtype=torch.uint8)


@pytest.fixture
def style():
    shades = torch.rand(2, 3, 1, 1) * 150
    return (shades + 60 * torch.rand(2, 3, 32, 32)).byte()


def strength(*values):
    return torch.tensor(values).view(-1, 1, 1, 1)


def rgb(pictures):
    """Slowly: BGR 0..255 to RGB 0..1."""
    blue, green, red = (pictures[:, i].float() / 255 for i in range(3))
    return torch.stack([red, green, blue], 1)


@torch.no_grad()
def reference(files, content, style, alpha, encoder='public'):
    """Content, style, AdaIN in NumPy, decoder."""
    encoder = VGG19Encoder(files[encoder])
    c, s = (encoder(rgb(images))[-1].double().numpy() for images in (content, style))
    t = np.zeros_like(c)
    for b in range(c.shape[0]):
        for k in range(c.shape[1]):
            own, other = c[b, k], s[b, k]
            own_std = np.sqrt(own.var(ddof=1) + 1e-5)
            other_std = np.sqrt(other.var(ddof=1) + 1e-5)
            t[b, k] = (own - own.mean()) / own_std * other_std + other.mean()
    mixed = torch.from_numpy(alpha * t + (1 - alpha) * c).float()
    red, green, blue = load_decoder(files['decoder'])(mixed).unbind(1)
    return (255 * torch.stack([blue, green, red], 1)).clamp(0, 255)


@pytest.mark.parametrize('alpha', [1.0, 0.3])
@pytest.mark.parametrize('encoder', ['public', 'torchvision'])
def test_is_the_published_transfer(files, content, style, alpha, encoder):
    network = VGG19Style(files[encoder], files['decoder'])
    found = restyled(network, content, style, strength(alpha, alpha))
    assert found.dtype == torch.float32 and found.shape == content.shape
    expected = reference(files, content, style, alpha, encoder)
    assert expected.std() > 2  # the decoder does not saturate
    torch.testing.assert_close(found, expected, rtol=0, atol=0.02)


def test_swapped_colours_would_show(files, network, content, style):
    found = restyled(network, content, style, strength(1.0, 1.0))
    swapped = restyled(network, content.flip(1), style.flip(1), strength(1.0, 1.0)).flip(1)
    assert (found - swapped).abs().mean() > 1


def test_strength_0_is_the_reconstruction_of_the_content(files, network, content, style):
    found = restyled(network, content, style, strength(0.0, 1.0))
    with torch.no_grad():
        features = network.encoder(rgb(content))[-1]
        expected = (255 * network.decoder(features).flip(1)).clamp(0, 255)
    torch.testing.assert_close(found[0], expected[0])
    assert (found[0] - content[0].float()).abs().mean() > 10
    assert (found[1] - expected[1]).abs().mean() > 1


def test_statistics_are_those_of_the_encoded_style(network, content, style):
    mean, std = network.statistics(style)
    assert mean.shape == std.shape == (2, 512, 1, 1)
    features = network.encoder(rgb(style))[-1].numpy()
    np.testing.assert_allclose(mean[..., 0, 0], features.mean((2, 3)), rtol=1e-4)
    deviation = np.sqrt(features.var((2, 3), ddof=1) + 1e-5)
    np.testing.assert_allclose(std[..., 0, 0], deviation, rtol=1e-4)
    kept = network.transfer(content, mean, std, strength(0.7, 0.2))
    assert torch.equal(kept, restyled(network, content, style, strength(0.7, 0.2)))


def test_features_take_the_statistics_of_the_style(network, content, style):
    features = network.encoder(rgb(content))[-1]
    mean, std = network.statistics(style)
    found_mean, found_std = channel_statistics(adain(features, mean, std))
    torch.testing.assert_close(found_mean, mean, rtol=1e-4, atol=1e-4)
    varied = channel_statistics(features)[1] > 0.1  # others are as good as flat
    assert varied.float().mean() > 0.3
    torch.testing.assert_close(found_std[varied], std[varied], rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize('size', [(30, 45), (17, 16), (9, 40)])
def test_images_of_any_size_come_back_in_their_own(network, size):
    small, style = torch.randint(0, 256, (2, 2, 3, *size), dtype=torch.uint8)
    found = restyled(network, small, style, strength(1.0, 1.0))
    assert found.shape == small.shape and found.isfinite().all()


def test_bfloat16_is_close_to_float(files, network, content, style):
    half = VGG19Style(files['public'], files['decoder'], dtype='bfloat16')
    assert {p.dtype for p in half.parameters()} == {torch.bfloat16}
    assert {b.dtype for b in half.buffers()} == {torch.bfloat16}
    # small: CPUs without instructions for it are a hundred times slower
    content, style = content[..., :16, :16], style[..., :16, :16]
    a = strength(1.0, 0.5)
    found, expected = (restyled(one, content, style, a) for one in (half, network))
    assert found.dtype == torch.float32
    mean, std = half.statistics(style)
    assert mean.dtype == std.dtype == torch.float32
    error = (found - expected).abs()
    assert error.mean() < 0.05 * expected.std() and error.mean() > 0


def test_nothing_is_trained(network, content, style):
    content = content.float().requires_grad_()
    assert not restyled(network, content, style, strength(1.0, 1.0)).requires_grad
    assert not any(p.requires_grad for p in network.parameters())


def test_another_type_is_refused(files):
    with pytest.raises(UserError, match="dtype is 'float16': use float32 or bfloat16"):
        VGG19Style(files['public'], files['decoder'], dtype='float16')


def test_files_are_read_when_it_is_built(files, tmp_path):
    source = r'pytorch-AdaIN \(release v0.0.0\)'
    without = "; `style=dict\\(type='PyramidStyle'\\)` in .* trains without weights.$"
    encoder = f'no file gone.pth .*encoder: .*`vgg_normalised.pth` of .*{source}.*{without}'
    with pytest.raises(UserError, match=encoder):
        VGG19Style('gone.pth', files['decoder'])
    decoder = f'no file gone.pth .*decoder: .*`decoder.pth` of .*{source}.*train.*{without}'
    with pytest.raises(UserError, match=decoder):
        VGG19Style(files['public'], 'gone.pth')
    cut = decoder_weights()
    cut.pop('28.bias')
    torch.save(cut, tmp_path / 'cut.pth')
    with pytest.raises(UserError, match='cut.pth has no `28.bias`'):
        VGG19Style(files['public'], str(tmp_path / 'cut.pth'))
