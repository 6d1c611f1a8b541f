import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from mmpose_uda.models.utils import batch_norm_layers, running_statistics


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.BatchNorm2d(4))


def buffers(model):
    return [buffer.clone() for buffer in model.buffers()]


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second))


def test_finds_batch_norm_however_deep():
    deep, other = nn.BatchNorm1d(2), nn.GroupNorm(1, 2)
    model = nn.ModuleList([network(), nn.ModuleDict(dict(a=deep, b=other))])
    assert batch_norm_layers(model) == [model[0][1], model[0][2], deep]
    assert batch_norm_layers(other) == []


def test_statistics_stay_while_the_batch_normalises():
    model, images = network(), torch.randn(8, 3, 5, 5) * 3 + 1
    before = buffers(model)
    with running_statistics(model, are_updated=False):
        kept = model(images)
    assert same(before, buffers(model))
    with running_statistics(model, are_updated=True):
        assert torch.equal(kept, model(images))
    assert not same(before, buffers(model))


def test_a_layer_that_never_had_statistics_gets_none():
    model = nn.BatchNorm2d(3, track_running_stats=False)
    with running_statistics(model, are_updated=True):
        model(torch.randn(8, 3, 5, 5))
    assert not list(model.buffers())


def test_passes_that_checkpointing_repeats_do_not_count():
    plain, repeating = network(), network()
    for model in (plain, repeating):
        images = torch.randn(8, 3, 5, 5, generator=torch.Generator().manual_seed(1))
        images.requires_grad_()
        for are_updated in (True, False):
            with running_statistics(model, are_updated):
                if model is plain:
                    out = model(images)
                else:
                    out = checkpoint(model, images, use_reentrant=True)
            out.sum().backward()
    assert same(buffers(plain), buffers(repeating))
    assert plain[1].num_batches_tracked == 1


def test_evaluation_is_not_concerned():
    model, images = network(), torch.randn(8, 3, 5, 5) * 3 + 1
    expected = model.eval()(images)
    with running_statistics(model.train(), are_updated=False):
        pass
    assert torch.equal(model.eval()(images), expected)
