import pytest
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import nn

from mmpose_uda.models.utils import is_pretrained, start_of

FILE = dict(type='Pretrained', checkpoint='weights.pth')
NORMAL = dict(type='Normal', layer='Conv2d')


@pytest.mark.parametrize(
    'init_cfg, expected',
    [(None, False), (NORMAL, False), (FILE, True), ([NORMAL, FILE], True)],
)
def test_a_checkpoint_in_the_config(init_cfg, expected):
    network = BaseModule(init_cfg)
    assert is_pretrained(network) is expected
    assert start_of(nn.Sequential(network)) == ('weights.pth' if expected else 'scratch')


@pytest.mark.parametrize('pretrained, expected', [(True, 'ImageNet'), (False, 'scratch')])
def test_what_a_backbone_loaded_itself(pretrained, expected):
    backbone = MODELS.build(dict(type='EfficientNetLite0', pretrained=pretrained))
    assert start_of(backbone) == 'scratch'
    backbone.init_weights()
    assert start_of(nn.Sequential(backbone)) == expected
