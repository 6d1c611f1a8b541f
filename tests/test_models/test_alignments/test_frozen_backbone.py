import pytest
import torch
from mmengine.runner import load_checkpoint, save_checkpoint
from mmpose.registry import MODELS
from model_factory import INPUT_SIZE, equal_states, vit_config

from mmpose_uda.models.alignments.frozen_backbone import FrozenBackbone
from mmpose_uda.models.utils import capture_attention


def build(seed):
    torch.manual_seed(seed)
    backbone = MODELS.build(vit_config(with_cls_token=True, drop_path_rate=0.5))
    with torch.no_grad():
        for parameter in backbone.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return backbone


@pytest.fixture
def images():
    return torch.randn(2, 3, *INPUT_SIZE[::-1])


def attention_of(backbone, images):
    backbone.eval()
    with torch.no_grad(), capture_attention(backbone, [0, 1]) as maps:
        backbone(images)
    return maps


def test_takes_the_backbone_of_its_first_use(images):
    frozen = FrozenBackbone(build(0))
    first = build(1)
    expected = attention_of(first, images)
    frozen.take_once(first)
    frozen.take_once(build(2))
    frozen.train()  # must not switch the stochastic depth on
    found = frozen.attention(images, [0, 1])
    for layer in (0, 1):
        assert torch.equal(found[layer], expected[layer])
        assert not found[layer].requires_grad
    assert equal_states(frozen.backbone.state_dict(), first.state_dict())


def test_training_does_not_reach_it(images):
    frozen, backbone = FrozenBackbone(build(0)), build(1)
    assert not list(frozen.parameters())
    frozen.take_once(backbone)
    before = {name: value.clone() for name, value in frozen.state_dict().items()}
    optimizer = torch.optim.AdamW([*backbone.parameters(), *frozen.parameters()], lr=0.1)
    backbone(images)[0].sum().backward()
    optimizer.step()
    assert equal_states(frozen.state_dict(), before)
    assert not torch.equal(frozen.backbone.pos_embed, backbone.pos_embed)


@pytest.mark.parametrize('taken', [True, False])
def test_checkpoints_hold_it(taken, tmp_path):
    frozen = FrozenBackbone(build(0))
    if taken:
        frozen.take_once(build(1))
    path = str(tmp_path / 'run.pth')
    save_checkpoint(dict(state_dict=frozen.state_dict()), path)
    resumed, later = FrozenBackbone(build(3)), build(2)
    load_checkpoint(resumed, path, strict=True)
    assert equal_states(resumed.state_dict(), frozen.state_dict())
    resumed.take_once(later)
    expected = frozen.backbone if taken else later
    assert equal_states(resumed.backbone.state_dict(), expected.state_dict())
