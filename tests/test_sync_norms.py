import copy

import pytest
import torch
from mmengine.runner import runner
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.models.backbones import EfficientNetLite0


def test_the_network_predicts_the_same():
    torch.manual_seed(0)
    network = EfficientNetLite0(pretrained=False)
    network.eval()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.running_mean, std=0.2)
            nn.init.normal_(layer.bias, std=0.2)
    images = torch.randn(2, 3, 64, 64)
    converted = runner.convert_sync_batchnorm(copy.deepcopy(network), 'torch')
    converted.eval()
    norms = [part for part in converted.modules() if isinstance(part, nn.BatchNorm2d)]
    shared = [part for part in converted.modules() if isinstance(part, nn.SyncBatchNorm)]
    assert not norms and len(shared) > 20
    with torch.no_grad():
        for found, expected in zip(converted(images), network(images)):
            torch.testing.assert_close(found, expected)


def test_what_would_drop_activations_is_refused():
    network = EfficientNetLite0(pretrained=False)
    with pytest.raises(UserError, match="use sync_bn='torch'"):
        runner.convert_sync_batchnorm(network, 'mmcv')


def test_other_layers_are_converted_as_ever():
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU())
    converted = runner.convert_sync_batchnorm(network)
    assert type(converted[1]) is nn.SyncBatchNorm
    with pytest.raises(ValueError, match='sync_bn'):
        runner.convert_sync_batchnorm(nn.BatchNorm2d(4), 'none')
