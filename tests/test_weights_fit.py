"""Weights of which none belongs to the model."""

import pytest
import torch
from mmengine.model import BaseModule, initialize
from mmengine.runner import load_checkpoint
from torch import nn

from mmpose_uda.errors import UserError


class Net(BaseModule):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(2, 3)
        self.norm = nn.BatchNorm1d(3)


@pytest.fixture
def save(tmp_path):
    def save(weights):
        torch.save(weights, tmp_path / 'weights.pth')
        return str(tmp_path / 'weights.pth')

    return save


@pytest.mark.parametrize(
    'weights',
    [
        {'other.weight': torch.zeros(3, 2)},
        {'body.weight': torch.zeros(3, 5), 'body.bias': torch.zeros(4)},
        {'norm.num_batches_tracked': torch.tensor(3)},
        {},
    ],
)
def test_weights_of_which_none_fits_are_refused(save, weights):
    path = save(weights)
    with pytest.raises(UserError, match='None of the .* weights of .*weights.pth fits'):
        load_checkpoint(Net(), path)
    with pytest.raises(UserError, match='weights.pth fits the Net'):
        initialize(Net(), dict(type='Pretrained', checkpoint=path))


def test_weights_that_fit_in_part_are_loaded(save, capsys):
    path = save({'body.weight': torch.ones(3, 2), 'head.weight': torch.zeros(1)})
    net = Net()
    load_checkpoint(net, path)
    assert (net.body.weight == 1).all()
    said = ''.join(capsys.readouterr())
    assert said.count('head.weight') == 1 and 'body.bias' in said


def test_a_part_of_a_checkpoint(save):
    path = save({'net.body.weight': torch.ones(3, 2)})
    net = Net()
    initialize(net, dict(type='Pretrained', checkpoint=path, prefix='net.'))
    assert (net.body.weight == 1).all()


def test_a_part_that_a_checkpoint_has_not(save):
    path = save({'body.weight': torch.ones(3, 2)})
    with pytest.raises(UserError, match="weights.pth begins with 'net.'.*`prefix`"):
        initialize(Net(), dict(type='Pretrained', checkpoint=path, prefix='net.'))


def test_weights_in_a_dict_of_another_name(save):
    path = save({'model': {'body.weight': torch.ones(3, 2)}})
    with pytest.raises(UserError, match=r'weights.pth fits the Net \(model dict there'):
        load_checkpoint(Net(), path)


def test_what_has_no_weights_needs_none(save):
    load_checkpoint(nn.ReLU(), save({'a': torch.zeros(1)}))
