import pytest
from mmengine.config import Config

from mmpose_uda.analysis.expected_time import TRIED, Pace, in_words, trial_options


def config(**steps):
    phases = [dict(name=name, iters=n, parts=['supervised']) for name, n in steps.items()]
    return Config(dict(train_cfg=dict(phases=phases)))


def test_a_trial_takes_a_few_steps_of_each_phase():
    cfg = config(source=100, adapt=200)
    options = trial_options(cfg)
    assert [p['iters'] for p in options['train_cfg.phases']] == [TRIED, TRIED]
    assert [p['name'] for p in options['train_cfg.phases']] == ['source', 'adapt']
    assert [p.iters for p in cfg.train_cfg.phases] == [100, 200]


def test_the_pace_of_each_phase():
    """First steps are slow, and so is what is around all."""
    half = TRIED // 2
    times = [9.0] * half + [1.0] * half + [5.0] * half + [2.0] * half
    lines = [dict(time=one) for one in times]
    pace = Pace.of_trial(config(source=1, adapt=1), lines, sum(times) + 30)
    assert pace == Pace(dict(source=1.0, adapt=2.0), around=30.0)
    assert pace.seconds(config(source=10, adapt=100)) == 30 + 10 + 200
    # a phase that the method has not is as slow as its slowest
    assert pace.seconds(config(other=10)) == 30 + 20


@pytest.mark.parametrize(
    'seconds, words',
    [(10, 'a minute'), (119, '2 minutes'), (3600, '60 minutes'), (23040, '6.4 hours')],
)
def test_times_in_words(seconds, words):
    assert in_words(seconds) == words
