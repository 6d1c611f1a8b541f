import pytest
import torch
from style_factory import PUBLIC_ENCODER, public_encoder_weights, torchvision_weights
from torch import nn
from torchvision.models.vgg import cfgs, make_layers

from mmpose_uda import UserError
from mmpose_uda.models.style_networks import VGG19Encoder

# relu1_1, 2_1, 3_1 and 4_1 as indices of the layers of either network
PUBLIC_OUTPUTS = (3, 10, 17, 30)
TORCHVISION_OUTPUTS = (1, 6, 11, 20)


def outputs(layers, images, indices):
    found = []
    for index, layer in enumerate(layers[: indices[-1] + 1]):
        images = layer(images)
        if index in indices:
            found.append(images)
    return found


def public_network():
    """The public encoder layer by layer, up to relu4_1."""
    layers = [nn.Conv2d(3, 3, 1)]
    for index, inputs, channels in PUBLIC_ENCODER[:9]:
        if index in (9, 16, 29):
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        layers += [nn.ReflectionPad2d(1), nn.Conv2d(inputs, channels, 3), nn.ReLU()]
        assert isinstance(layers[index], nn.Conv2d)
    network = nn.Sequential(*layers)
    weights = public_encoder_weights()
    network.load_state_dict({key: weights[key] for key in network.state_dict()})
    return network


def torchvision_network():
    """torchvision's own layers behind its own normalisation."""
    layers = make_layers(cfgs['E'][:13], batch_norm=False)
    weights = torchvision_weights()
    layers.load_state_dict({k: weights[f'features.{k}'] for k in layers.state_dict()})
    return layers


@pytest.fixture
def images():
    return torch.rand(2, 3, 32, 48)


@torch.no_grad()
def test_public_weights_give_the_public_network(files, images):
    found = VGG19Encoder(files['public'])(images)
    expected = outputs(public_network(), images, PUBLIC_OUTPUTS)
    assert [tuple(f.shape) for f in found] == [
        (2, 64, 32, 48),
        (2, 128, 16, 24),
        (2, 256, 8, 12),
        (2, 512, 4, 6),
    ]
    for f, e in zip(found, expected):
        torch.testing.assert_close(f, e, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_torchvision_weights_give_the_network_of_torchvision(files, images):
    images = images.double()  # the order of the normalisation's steps does not matter
    found = VGG19Encoder(files['torchvision']).double()(images)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    normalized = (images - mean) / std
    expected = outputs(torchvision_network().double(), normalized, TORCHVISION_OUTPUTS)
    for f, e in zip(found, expected):
        torch.testing.assert_close(f, e, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_colours_have_an_order(files, images):
    for name in ('public', 'torchvision'):
        encoder = VGG19Encoder(files[name])
        difference = encoder(images)[-1] - encoder(images.flip(1))[-1]
        assert difference.abs().max() > 0.1


def test_nothing_can_be_trained_and_nothing_is_saved(files):
    encoder = VGG19Encoder(files['public'])
    assert not list(encoder.parameters()) and not encoder.state_dict()
    read = [v for k, v in public_encoder_weights().items() if int(k.split('.')[0]) < 30]
    assert len(list(encoder.buffers())) == len(read)
    assert sum(b.numel() for b in encoder.buffers()) == sum(v.numel() for v in read)


def test_a_missing_file():
    with pytest.raises(UserError, match='no file gone.pth .*encoder.*vgg_normalised'):
        VGG19Encoder('gone.pth')


def test_other_weights_are_refused(files, tmp_path):
    with pytest.raises(UserError, match='decoder.pth has no `0.weight`.*begins with 1.w'):
        VGG19Encoder(files['decoder'])
    path = str(tmp_path / 'vgg16.pth')
    other = torchvision_weights()
    other.pop('features.16.weight')
    torch.save(other, path)
    with pytest.raises(UserError, match='vgg16.pth has no `features.16.weight`'):
        VGG19Encoder(path)
    narrow = public_encoder_weights()
    narrow['9.weight'] = narrow['9.weight'][:64]
    torch.save(narrow, path)
    with pytest.raises(UserError, match=r'`9.weight` .*\[64, 64, 3, 3\] instead of'):
        VGG19Encoder(path)
    torch.save([1], path)
    with pytest.raises(UserError, match='holds a list'):
        VGG19Encoder(path)
    torch.save({}, path)
    with pytest.raises(UserError, match='begins with nothing'):
        VGG19Encoder(path)
    torch.save({'0.weight': 'text'}, path)
    with pytest.raises(UserError, match=r'shape \[\] instead of \[3, 3, 1, 1\]'):
        VGG19Encoder(path)


class Code:
    def __reduce__(self):
        return print, ('run',)


def test_code_in_a_file_is_not_run(tmp_path, capsys):
    path = str(tmp_path / 'code.pth')
    torch.save({'0.weight': Code()}, path)
    with pytest.raises(UserError, match='code.pth refers to .*print'):
        VGG19Encoder(path)
    assert 'run' not in capsys.readouterr().out
