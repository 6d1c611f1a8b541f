import pytest


@pytest.fixture(scope='module')
def metrics(finished):
    return finished.runner.val_loop.run()


def test_it_repeats_the_result_of_the_last_phase(finished, metrics):
    assert metrics == finished.runner.train_loop.results[-1]['metrics']


@pytest.mark.parametrize('network', ['teacher', 'student'])
def test_networks_have_their_own_figures(finished, metrics, network):
    runner = finished.runner
    runner.model.eval()
    tested = runner.model.test_network
    runner.model.use_for_test(network)
    try:
        alone = runner.val_loop.evaluate()
    finally:
        runner.model.use_for_test(tested)
    prefix = '' if network == tested else f'{network}/'
    assert len(alone) == 4
    for key, value in alone.items():
        assert metrics[prefix + key] == pytest.approx(value, rel=1e-9)


def test_it_changes_nothing(finished, metrics):
    model = finished.runner.model
    assert model.test_network == 'teacher'
    assert not any(module.training for module in model.teacher.modules())


def test_hooks_see_one_validation(finished, monkeypatch):
    runner, seen = finished.runner, []
    monkeypatch.setattr(
        runner, 'call_hook', lambda name, **kwargs: seen.append((name, kwargs))
    )
    metrics = runner.val_loop.run()
    names = [name for name, _ in seen if not name.endswith('_val_iter')]
    assert names == [
        'before_val',
        'before_val_epoch',
        'after_val_epoch',
        'after_val',
    ]
    assert dict(seen)['after_val_epoch'] == dict(metrics=metrics)
