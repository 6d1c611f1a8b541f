"""Runs that end before what grows in them is grown."""

import pytest
from mmengine.config import Config

from mmpose_uda.config import is_warm_up, ramps, warn_of_long_ramps

WARM_UP = dict(type='LinearLR', begin=0, end=500, start_factor=0.001, by_epoch=False)


@pytest.fixture
def warned(monkeypatch):
    """Of a config and a number of steps, the warnings."""

    def run(steps, **content):
        said = []
        monkeypatch.setattr(ramps, 'print_log', lambda text, *_: said.append(text))
        warn_of_long_ramps(Config(dict(dict(train_cfg={}), **content)), steps)
        return said

    return run


@pytest.mark.parametrize(
    'change, is_one',
    [
        ({}, True),
        (dict(type='ConstantLR'), True),
        (dict(type='CosineAnnealingLR'), False),
        (dict(by_epoch=True), False),
        (dict(begin=5), False),
    ],
)
def test_what_a_warm_up_is(change, is_one):
    assert is_warm_up(dict(WARM_UP, **change)) is is_one
    assert not is_warm_up(dict(type='LinearLR', by_epoch=False))


def test_a_warm_up_longer_than_the_run(warned):
    schedulers = [dict(type='MultiStepLR', milestones=[9], by_epoch=True), WARM_UP]
    assert warned(500, param_scheduler=schedulers) == []
    (sentence,) = warned(499, param_scheduler=schedulers)
    assert sentence.startswith(
        '`param_scheduler.1.end` is 500, but there are only 499 iterations'
    )
    assert warned(1, param_scheduler=dict(lr=schedulers)) == []
    (sentence,) = warned(499, param_scheduler=WARM_UP)
    assert sentence.startswith('`param_scheduler.end` is 500')


@pytest.mark.parametrize('ramp', ['ramp_iters', 'coefficient_ramp'])
def test_ramps_of_parts(warned, ramp):
    parts = dict(a={'type': 'A', ramp: 100}, b=dict(type='B'))
    model = dict(alignments=parts)
    assert warned(100, model=model) == []
    (sentence,) = warned(99, model=model)
    expected = f'`model.alignments.a.{ramp}` is 100, but there are only 99 iterations'
    assert sentence.startswith(expected)


def test_ramps_begin_with_each_phase(warned):
    model = dict(alignments=dict(a=dict(type='A', ramp_iters=100)))
    phases = [dict(iters=60, parts=['a']), dict(iters=900, parts=['supervised'])]
    assert '60 iterations' in warned(960, model=model, train_cfg=dict(phases=phases))[0]
    phases.append(dict(iters=100, parts=['a']))
    assert warned(1060, model=model, train_cfg=dict(phases=phases)) == []


def test_a_model_of_mmpose(warned):
    assert warned(1, model=dict(type='TopdownPoseEstimator')) == []
