import torch
from torch import nn

from mmpose_uda.models.utils import batch_norm_layers, keep_running_statistics


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
    with keep_running_statistics(model):
        kept = model(images)
    assert same(before, buffers(model))
    assert torch.equal(kept, model(images))
    assert not same(before, buffers(model))


def test_a_layer_that_never_had_statistics_gets_none():
    model = nn.BatchNorm2d(3, track_running_stats=False)
    with keep_running_statistics(model):
        pass
    assert model.track_running_stats is False


def test_it_can_be_turned_off_and_ends_with_an_error():
    model = network()
    with keep_running_statistics(model, keep=False):
        assert model[1].track_running_stats
    try:
        with keep_running_statistics(model):
            raise ValueError
    except ValueError:
        assert model[1].track_running_stats and model[2].track_running_stats
