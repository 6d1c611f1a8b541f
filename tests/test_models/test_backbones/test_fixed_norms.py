import copy

import pytest
import timm
import torch
from timm.layers.norm_act import BatchNormAct2d
from torch import nn

from mmpose_uda.models.backbones.fixed_norms import fold_fixed_norms

IMAGES = (2, 3, 32, 48)


@pytest.fixture(autouse=True)
def mixed_precision():
    """Layers of float64, which it leaves as they are, so that values are exact."""
    with torch.autocast('cpu', torch.bfloat16):
        yield


def make_network():
    """Both kinds of blocks and of padding, with statistics and weights that matter."""
    torch.manual_seed(0)
    network = timm.create_model(
        'tf_efficientnet_lite0', features_only=True, out_indices=(1, 4)
    ).double()
    for layer in norms_of(network):
        for value in (layer.running_mean, layer.bias.data):
            value.normal_(std=0.3)
        for value in (layer.running_var, layer.weight.data):
            value.uniform_(0.5, 2)
    return network


def norms_of(network):
    return [layer for layer in network.modules() if isinstance(layer, BatchNormAct2d)]


def look(network, images):
    """Maps, and the gradients of everything that has any."""
    images = images.clone().requires_grad_()
    maps = network(images)
    wanted = dict(network.named_parameters(), images=images)
    loss = sum(one.square().sum() for one in maps)
    return maps, dict(zip(wanted, torch.autograd.grad(loss, list(wanted.values()))))


@pytest.fixture
def pair():
    plain = make_network()
    folded = copy.deepcopy(plain)
    fold_fixed_norms(folded)
    return plain, folded


def assert_alike(plain, folded):
    images = torch.randn(*IMAGES).double()
    (maps, gradients), (right, expected) = look(folded, images), look(plain, images)
    torch.testing.assert_close(maps, right)
    torch.testing.assert_close(gradients, expected)


@pytest.mark.parametrize('training', [False, True])
def test_maps_and_gradients_stay(pair, training):
    for network in pair:
        network.train(training)
    assert_alike(*pair)


def test_names_weights_and_statistics_stay(pair):
    plain, folded = (network.state_dict() for network in pair)
    assert list(plain) == list(folded)
    images = torch.randn(*IMAGES).double()
    for network in pair:
        network.train()(images)
    torch.testing.assert_close(pair[0].state_dict(), pair[1].state_dict())


def test_in_evaluation_nothing_is_left_to_normalise(pair, monkeypatch):
    def refused(*args, **kwargs):
        raise AssertionError('this was to be in the weights')

    _, folded = pair
    folded.eval()
    monkeypatch.setattr(nn.functional, 'batch_norm', refused)
    folded(torch.randn(*IMAGES).double())


def test_in_full_precision_not_a_digit_changes(pair):
    plain, folded = (network.float().eval() for network in pair)
    images = torch.randn(*IMAGES)
    with torch.autocast('cpu', enabled=False):
        for found, right in zip(folded(images), plain(images), strict=True):
            assert torch.equal(found, right)


def test_some_layers_alone_may_be_fixed(pair):
    for network in pair:
        network.train()
        for layer in norms_of(network)[::2]:
            layer.eval()
    assert_alike(*pair)


def test_a_copy_has_layers_of_its_own(pair):
    plain, folded = pair
    copied = copy.deepcopy(folded).eval()
    for layer in norms_of(folded):
        nn.init.constant_(layer.weight, 7)
    assert_alike(plain.eval(), copied)


def test_a_norm_in_the_place_of_another_normalises(pair):
    _, folded = pair
    folded.eval()
    images = torch.randn(*IMAGES).double()
    right = folded(images)
    block = folded.get_submodule('blocks.2.0')
    other = nn.BatchNorm2d(len(block.bn3.weight), eps=block.bn3.eps).double().eval()
    other.load_state_dict(block.bn3.state_dict())
    block.bn3 = other
    torch.testing.assert_close(folded(images), right)


def test_a_convolution_may_have_a_bias():
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), BatchNormAct2d(4)).double().eval()
    layers[1].running_mean.normal_()
    images = torch.randn(2, 3, 8, 8).double()
    right = layers(images)
    fold_fixed_norms(layers)
    torch.testing.assert_close(layers(images), right)
