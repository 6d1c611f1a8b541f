from types import SimpleNamespace

import pytest
import torch
from mmengine.dataset import DefaultSampler

from mmpose_uda.datasets import EpochDrawSampler, InfiniteDrawSampler
from mmpose_uda.engine.hooks import StepStateHook
from mmpose_uda.errors import UserError


def make_runner(sampler=EpochDrawSampler, seed=5):
    loader = SimpleNamespace(
        dataset=SimpleNamespace(seed=0), sampler=sampler(dataset=range(4))
    )
    calls = []
    model = SimpleNamespace(
        active_parts=('supervised',),
        begin_run=lambda: calls.append('begin'),
        resume_phase=calls.append,
        calls=calls,
    )
    return SimpleNamespace(train_dataloader=loader, model=model, seed=seed, iter=0)


@pytest.mark.parametrize('sampler', [EpochDrawSampler, InfiniteDrawSampler])
def test_the_data_has_the_seed_of_the_run(sampler):
    runner = make_runner(sampler)
    StepStateHook().before_train(runner)
    assert runner.train_dataloader.dataset.seed == 5


def test_a_sampler_that_repeats_draws_is_refused():
    with pytest.raises(UserError, match="is DefaultSampler.*'EpochDrawSampler'"):
        StepStateHook().before_train(make_runner(DefaultSampler))


def drawn(runner, iteration):
    runner.iter = iteration
    StepStateHook().before_train_iter(runner, 0)
    return torch.rand(1).item()


def test_random_numbers_depend_on_seed_and_iteration_alone():
    runner = make_runner()
    first = [drawn(runner, i) for i in range(4)]
    torch.manual_seed(99)
    assert [drawn(make_runner(), i) for i in (3, 1)] == [first[3], first[1]]
    others = [drawn(make_runner(seed=6), i) for i in range(4)]
    assert len({*first, *others}) == 8


def test_a_run_begins_once():
    runner = make_runner()
    StepStateHook().before_train(runner)
    runner.iter = 3
    StepStateHook().before_train(runner)
    assert runner.model.calls == ['begin', ('supervised',)]
