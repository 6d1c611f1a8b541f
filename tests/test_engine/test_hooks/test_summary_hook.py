from pathlib import Path
from types import SimpleNamespace

import pytest
from mmengine.logging import MessageHub

from mmpose_uda.engine.hooks import SummaryHook


@pytest.fixture
def runner(tmp_path, request):
    hub = MessageHub.get_instance(f'{request.node.name}-0')
    return SimpleNamespace(message_hub=hub, work_dir=str(tmp_path))


def restarted(runner, request, number):
    """A new process: the state of the message hub comes from a checkpoint."""
    hub = MessageHub.get_instance(f'{request.node.name}-{number}')
    return SimpleNamespace(
        message_hub=hub,
        work_dir=runner.work_dir,
        iter=number,
        cfg=dict(load_from=None),
        model=SimpleNamespace(start=f'of process {number}'),
    )


def test_seconds_add_up_over_restarts(runner, request, monkeypatch):
    clock, checkpoint = SimpleNamespace(now=0.0), None
    monkeypatch.setattr(
        'mmpose_uda.engine.hooks.summary_hook.time.monotonic', lambda: clock.now
    )
    for number, (length, total) in enumerate([(100, 100), (20, 120), (3, 123)]):
        runner = restarted(runner, request, number)
        hook = SummaryHook()
        if number:  # in the order of Runner.resume
            hook.after_load_checkpoint(runner, checkpoint)
            runner.message_hub.load_state_dict(checkpoint['message_hub'])
        hook.before_train(runner)
        clock.now += length
        checkpoint = dict(meta={}, message_hub=runner.message_hub.state_dict())
        hook.before_save_checkpoint(runner, checkpoint)
        assert hook._seconds(runner) == pytest.approx(total)


def test_a_restart_does_not_change_what_the_run_started_from(runner, request):
    first = restarted(runner, request, 0)
    SummaryHook().before_train(first)
    second = restarted(runner, request, 1)
    second.message_hub.load_state_dict(first.message_hub.state_dict())
    SummaryHook().before_train(second)
    for one in (first, second):
        assert one.message_hub.get_info('weights_at_start') == 'of process 0'


def test_weights_of_another_run_are_a_start(runner, request):
    loaded = restarted(runner, request, 0)
    loaded.cfg['load_from'] = 'other.pth'
    SummaryHook().before_train(loaded)
    assert loaded.message_hub.get_info('weights_at_start') == 'other.pth'


@pytest.mark.parametrize('meta', [{}, dict(seconds_before_checkpoint=100.0)])
def test_weights_of_other_runs_bring_no_seconds(runner, request, meta):
    runner, hook = restarted(runner, request, 0), SummaryHook()
    hook.after_load_checkpoint(runner, dict(state_dict={}, meta=meta))
    hook.before_train(runner)
    assert hook._seconds(runner) == pytest.approx(0, abs=1)


def summary(first=40.0, last=30.0):
    phases = [
        dict(name='source', iters=5, target={'target/MPJPE': first}),
        dict(name='adapt', iters=5, target={'target/MPJPE': last}),
    ]
    return dict(phases=phases, target={'target/MPJPE': last}, export='here/export')


def test_the_last_message_says_what_adaptation_changed(runner):
    words = SummaryHook().plain_words(runner, summary())
    assert 'MPJPE on the target' in words
    assert "40.0 mm after the phase 'source', 30.0 mm at the end (-25 %)" in words
    assert 'here/export' in words and 'Pictures' not in words
    Path(runner.work_dir, 'pictures').mkdir()
    assert 'Pictures: ' in SummaryHook().plain_words(runner, summary())
    assert '(+50 %)' in SummaryHook().plain_words(runner, summary(40, 60))


def test_nothing_to_compare_with(runner):
    words = SummaryHook().plain_words(runner, summary(0.0, 3.0))
    assert "0.000 mm after the phase 'source', 3.0 mm at the end." in words


@pytest.mark.parametrize(
    'first, last, unit, told',
    [
        (0.004, 0.25, '', "0.004 after the phase 'source', 0.250 at the end (+0.246)."),
        (0.0, 0.5, '', "0.000 after the phase 'source', 0.500 at the end (+0.500)."),
        (61.5, 60.25, ' %', "61.5 % after the phase 'source', 60.2 % at the end (-1.2)."),
    ],
)
def test_shares_change_by_points(runner, first, last, unit, told):
    found = dict(summary(), target={'target/PCK': last})
    found['phases'][0]['target'] = {'target/PCK': first}
    assert told in SummaryHook(headline='PCK', unit=unit).plain_words(runner, found)


@pytest.mark.parametrize(
    'hook',
    [
        SummaryHook(headline='EPE'),
        SummaryHook(before='nothing'),
        SummaryHook(prefix='test'),
    ],
    ids=['metric', 'phase', 'prefix'],
)
def test_without_figures_the_last_message_still_tells_the_export(runner, hook):
    words = hook.plain_words(runner, summary())
    assert 'here/export' in words and 'on the target' not in words


def test_a_run_without_phases_is_one_phase(runner):
    runner.train_loop = SimpleNamespace()
    runner.iter = 7
    for value in (0.25, 0.5):
        runner.message_hub.update_scalar('val/coco/AP', value)
    for name in ('train/loss', 'val/time', 'val/data_time'):
        runner.message_hub.update_scalar(name, 3.0)
    (result,) = SummaryHook.results(runner)
    assert result == dict(name='training', iters=7, metrics={'coco/AP': 0.5})


def test_figures_of_other_protocols_stay_beside_the_headline(runner):
    def of_run(share):
        figures = {'target/PCK': share, 'target_regda/PCK': share + 0.125}
        return {
            **figures,
            **{f'student/{key}': value / 2 for key, value in figures.items()},
            'targets/PCK': 0.0,
            'source/PCK': 0.0,
        }

    runner.train_loop = SimpleNamespace(
        results=[
            dict(name='source', iters=5, metrics=of_run(0.25)),
            dict(name='adapt', iters=5, metrics=of_run(0.5)),
        ]
    )
    runner.cfg, runner.seed = SimpleNamespace(filename='my.py'), 0
    hook = SummaryHook(headline='PCK', unit='')
    found = hook.summarize(runner, Path('here'))
    assert found['target'] == {'target/PCK': 0.5, 'target_regda/PCK': 0.625}
    assert found['phases'][0]['target'] == {'target/PCK': 0.25, 'target_regda/PCK': 0.375}
    assert found['student'] == {'target/PCK': 0.25, 'target_regda/PCK': 0.3125}
    words = hook.plain_words(runner, found)
    assert "0.250 after the phase 'source', 0.500 at the end (+0.250)." in words


def test_figures_without_a_prefix_and_of_another_domain(runner):
    metrics = {'PCK': 0.5, 'coco/AP': 0.25, 'student/PCK': 0.125}
    runner.train_loop = SimpleNamespace(
        results=[dict(name='adapt', iters=5, metrics=metrics)]
    )
    runner.cfg, runner.seed = SimpleNamespace(filename='my.py'), 0
    found = SummaryHook(prefix=None, domain='source').summarize(runner, Path('here'))
    assert found['source'] == {'PCK': 0.5, 'coco/AP': 0.25}
    assert found['phases'][0]['source'] == found['source']
    assert found['student'] == {'PCK': 0.125}
    assert 'target' not in found


def test_summary_of_a_run(finished):
    found = finished.summary
    runner = finished.runner
    assert found['config'] == str(runner.cfg.filename) and found['seed'] == runner.seed
    assert found['start'] == 'ImageNet'
    assert 0 < found['seconds'] < 1000
    assert [phase['name'] for phase in found['phases']] == [
        phase.name for phase in runner.train_loop.phases
    ]
    assert sum(phase['iters'] for phase in found['phases']) == runner.max_iters
    ends = {'MPJPE', 'PA-MPJPE', 'AUC', 'PCK'}
    for figures in (*(p['target'] for p in found['phases']), found['student']):
        assert {key.rsplit('/', 1)[-1] for key in figures} == ends
        assert all(key.startswith('target/') for key in figures)
        assert all(isinstance(value, float) for value in figures.values())
    assert found['target'] == found['phases'][-1]['target']
    assert found['student'] != found['target']
    exported = Path(found['export'])
    assert (exported / 'config.py').is_file() and (exported / 'model.pth').is_file()


def test_the_run_ends_with_the_message(finished):
    (log,) = Path(finished.work_dir).glob('*/*.log')
    text = log.read_text()
    assert 'Training is done.' in text
    assert f'The adapted model for mmpose: {finished.summary["export"]}' in text


def test_a_summary_is_there_whole_or_not_at_all(runner, monkeypatch):
    """It marks a run as done."""
    path = Path(runner.work_dir, 'summary.json')
    hook = SummaryHook()
    monkeypatch.setattr(hook, 'export', lambda runner: 'here')
    monkeypatch.setattr(hook, 'summarize', lambda runner, exported: dict(a=1))
    monkeypatch.setattr(hook, 'plain_words', lambda runner, summary: 'Done.')
    runner.logger = SimpleNamespace(info=print)
    hook.after_train(runner)
    whole = path.read_text()

    def break_off(self, text, *_):
        with open(self, 'w') as file:
            file.write(text[:3])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, 'write_text', break_off)
    with pytest.raises(KeyboardInterrupt):
        hook.after_train(runner)
    assert path.read_text() == whole
