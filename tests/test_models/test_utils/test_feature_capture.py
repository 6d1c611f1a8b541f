import pytest
import torch
from torch import nn

from mmpose_uda.models.utils import capture_features


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.rest = nn.Sequential(nn.ReLU(), nn.Linear(4, 2))

    def forward(self, x):
        return self.rest(self.first(x))


class Tuple(nn.Module):
    def forward(self, x):
        return x, x + 1


def test_outputs_of_modules_inside_modules_with_gradient():
    network, x, store = Two(), torch.randn(5, 3), {}
    with capture_features(network, ['first', 'rest.0'], store):
        network(x)
    assert store.keys() == {'first', 'rest.0'}
    torch.testing.assert_close(store['first'], network.first(x))
    torch.testing.assert_close(store['rest.0'], network.first(x).relu())
    assert store['first'].requires_grad


def test_the_last_of_several_outputs():
    network, store = nn.ModuleDict(dict(both=Tuple())), {}
    with capture_features(network, ['both'], store):
        network['both'](torch.zeros(1))
    assert store['both'] == 1


def test_nothing_stays_behind():
    network, store = Two(), {}
    with pytest.raises(RuntimeError), capture_features(network, ['first'], store):
        raise RuntimeError
    network(torch.randn(5, 3))
    assert not store


def test_an_unknown_module_is_an_error():
    with pytest.raises(AttributeError), capture_features(Two(), ['middle'], {}):
        pass
