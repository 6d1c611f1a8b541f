from itertools import islice

import pytest

from mmpose_uda.datasets import EpochDrawSampler, InfiniteDrawSampler, samplers
from mmpose_uda.datasets.draws import Draw


def take(sampler, count):
    return [number for number, _ in islice(iter(sampler), count)]


@pytest.mark.parametrize('world', [1, 2, 3])
def test_ranks_partition_the_draws(monkeypatch, world):
    draws = []
    for rank in range(world):
        monkeypatch.setattr(samplers, 'get_dist_info', lambda rank=rank: (rank, world))
        draws += take(InfiniteDrawSampler(range(4)), 6)  # more than the data set has
    assert sorted(draws) == list(range(6 * world))


@pytest.mark.parametrize('world', [1, 3])
def test_start_continues_where_the_draws_ended(monkeypatch, world):
    monkeypatch.setattr(samplers, 'get_dist_info', lambda: (world - 1, world))
    whole = take(InfiniteDrawSampler(range(4), seed=7), 10)
    resumed = InfiniteDrawSampler(range(4))
    resumed.set_start(4 * world)
    assert take(resumed, 6) == whole[4:]
    assert take(InfiniteDrawSampler(range(4), start=4 * world), 6) == whole[4:]
    assert take(resumed, 6) == whole[4:]  # a new iterator begins at the start again


def test_length_is_one_pass():
    assert len(InfiniteDrawSampler(range(4))) == 4


@pytest.mark.parametrize('world', [1, 2, 3])
def test_epochs_follow_each_other(monkeypatch, world):
    epochs = []
    for epoch in range(3):
        draws = []
        for rank in range(world):
            monkeypatch.setattr(samplers, 'get_dist_info', lambda rank=rank: (rank, world))
            sampler = EpochDrawSampler(range(4), seed=7)
            sampler.set_epoch(epoch)  # whatever came before
            assert len(list(sampler)) == len(sampler) == -(-4 // world)
            draws += [number for number, _ in sampler]
        epochs.append(sorted(draws))
    for number, draws in enumerate(epochs):  # the same on any number of processes
        assert draws[:4] == list(range(4 * number, 4 * number + 4))
        assert len(draws) == 4 + (-4 % world)


def test_what_a_draw_yields_travels_with_it():
    sampler = InfiniteDrawSampler(range(4))
    assert next(iter(sampler)) == (0, None)
    sampler.set_views(['source', 'target_student'])
    assert next(iter(sampler)) == Draw(0, ('source', 'target_student'))
