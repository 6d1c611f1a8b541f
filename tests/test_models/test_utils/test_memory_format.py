import pytest
import torch
from mmpose.registry import MODELS
from model_factory import vit_config

from mmpose_uda.models.utils import best_memory_format

RESNET = dict(type='ResNet', depth=18, stem_channels=8, base_channels=8, out_indices=(1,))


@pytest.mark.parametrize(
    'network, expected',
    [
        (RESNET, torch.channels_last),
        (vit_config(stem='patch'), torch.contiguous_format),
        (vit_config(stem=RESNET), torch.channels_last),
    ],
)
def test_networks_that_convolve_have_their_channels_side_by_side(network, expected):
    assert best_memory_format(MODELS.build(network)) is expected
