import pytest
import torch
from mmpose.registry import MODELS
from model_factory import EMBED_DIMS, INPUT_SIZE, vit_config
from torch.nn import functional as F

from mmpose_uda.models.utils import capture_attention

HEADS = 4


@pytest.fixture(params=[False, True], ids=['patches', 'with class token'])
def backbone(request):
    torch.manual_seed(0)
    model = MODELS.build(vit_config(with_cls_token=request.param))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model


@pytest.fixture
def images():
    torch.manual_seed(1)
    return torch.randn(2, 3, *INPUT_SIZE[::-1])


def attention_by_hand(backbone, images, index):
    """softmax(q k^T / sqrt(d)) head by head from a layer's weights."""
    inputs = {}
    layer = backbone.layers[index]
    handle = layer.register_forward_hook(lambda _, args, out: inputs.update(x=args[0]))
    with torch.no_grad():
        backbone(images)
        handle.remove()
        x = layer.ln1(inputs['x'])
        weight, bias = layer.attn.qkv.weight, layer.attn.qkv.bias
        size = EMBED_DIMS // HEADS
        maps = []
        for head in range(HEADS):
            rows = slice(head * size, (head + 1) * size)
            keys = slice(EMBED_DIMS + head * size, EMBED_DIMS + (head + 1) * size)
            query = F.linear(x, weight[rows], bias[rows])
            key = F.linear(x, weight[keys], bias[keys])
            maps.append(torch.softmax(query @ key.mT / size**0.5, dim=-1))
    return torch.stack(maps, dim=1)


def test_equals_the_formula(backbone, images):
    with capture_attention(backbone, [0, 1]) as maps:
        backbone(images)
    tokens = 24 + backbone.num_extra_tokens
    assert sorted(maps) == [0, 1]
    for index, found in maps.items():
        assert found.shape == (2, HEADS, tokens, tokens)
        torch.testing.assert_close(found.sum(-1), torch.ones(2, HEADS, tokens))
        expected = attention_by_hand(backbone, images, index)
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-4)


def test_only_the_layers_asked_for(backbone, images):
    with capture_attention(backbone, [1]) as maps:
        backbone(images)
    assert list(maps) == [1]


def test_does_not_change_the_forward(backbone, images):
    before = backbone(images)[0]
    with capture_attention(backbone, [0, 1]):
        during = backbone(images)[0]
    assert torch.equal(before, during)


def test_the_forward_keeps_its_fused_attention(backbone, images, monkeypatch):
    calls = []

    def counted(*args, **kwargs):
        calls.append(args)
        return F.scaled_dot_product_attention(*args, **kwargs)

    for layer in backbone.layers:
        assert layer.attn.scaled_dot_product_attention is F.scaled_dot_product_attention
        monkeypatch.setattr(layer.attn, 'scaled_dot_product_attention', counted)
    with capture_attention(backbone, [1]):
        backbone(images)
    assert len(calls) == len(backbone.layers)


def test_leaves_no_hooks_even_after_an_error(backbone, images):
    with pytest.raises(ZeroDivisionError):
        with capture_attention(backbone, [0, 1]) as maps:
            raise ZeroDivisionError
    backbone(images)
    assert maps == {}
    assert not any(module._forward_hooks for module in backbone.modules())


def test_gradient_flows(backbone, images):
    with capture_attention(backbone, [1]) as maps:
        backbone(images)
    maps[1][:, :, 0, 3].sum().backward()
    weight = backbone.layers[1].attn.qkv.weight.grad
    assert weight[: 2 * EMBED_DIMS].abs().sum() > 0
    assert weight[2 * EMBED_DIMS :].abs().sum() == 0  # values have no part in it
    stem = [p.grad for p in backbone.patch_embed.parameters()]
    assert all(grad is not None and grad.abs().sum() > 0 for grad in stem)


def test_no_gradient_where_there_is_none(backbone, images):
    with torch.no_grad(), capture_attention(backbone, [0]) as maps:
        backbone(images)
    assert not maps[0].requires_grad
