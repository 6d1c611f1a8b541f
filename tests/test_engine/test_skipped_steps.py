from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import LoggerHook
from mmengine.logging import MessageHub
from model_factory import build_adaptive, make_batch

from mmpose_uda import UserError
from mmpose_uda.engine.hooks import StepScalarsHook
from mmpose_uda.engine.skipped_steps import SkippedSteps


@pytest.fixture
def runner():
    return SimpleNamespace(model=build_adaptive().train())


@pytest.fixture
def batch():
    made = make_batch()
    for view, samples in made['data_samples'].items():
        for i, sample in enumerate(samples):
            sample.set_metainfo(dict(img_path=f'{view}_{i}.jpg'))
    made['inputs'] = {view: images.float() for view, images in made['inputs'].items()}
    return made


@pytest.fixture
def told(monkeypatch):
    """The warnings, one after the other."""
    texts = []
    monkeypatch.setattr(SkippedSteps, '_warn', staticmethod(texts.append))
    return texts


def row(iteration, skipped, loss=1.0):
    return iteration, dict(loss=loss, skipped=float(skipped))


def test_finite_steps_say_nothing(runner, batch, told):
    steps = SkippedSteps(most=2)
    steps.note(runner, [row(i, False) for i in range(9)], batch)
    steps.require_finite_end()
    assert not steps.is_watching and told == []


def test_the_image_at_fault_is_named(runner, batch, told):
    batch['inputs']['source'][1, 0, 3, 3] = float('nan')
    training = [m.training for m in runner.model.modules()]
    steps = SkippedSteps(most=3)
    steps.note(runner, [row(6, False), row(7, True, float('nan'))], batch)
    (text,) = told
    assert 'output is not finite for source_1.jpg (source).' in text
    assert 'iteration 8: loss nan' in text and '1 training steps' in text
    assert [m.training for m in runner.model.modules()] == training


def test_until_one_is_caught_every_step_is_looked_at(runner, batch, told):
    steps = SkippedSteps(most=9)
    steps.note(runner, [row(1, True), row(2, False)], batch)
    assert steps.is_watching and 'until it happens again' in told[-1]
    steps.note(runner, [row(3, False)], batch)
    assert steps.is_watching
    steps.note(runner, [row(4, True)], batch)
    assert not steps.is_watching and 'the loss is at fault' in told[-1]


def test_weights_that_have_diverged_are_told(runner, batch, told):
    with torch.no_grad():
        for parameter in runner.model.student.parameters():
            parameter.fill_(1e30)
    SkippedSteps(most=3).note(runner, [row(0, True)], batch)
    assert 'its weights diverged' in told[-1]


def test_the_run_stops_at_the_most(runner, batch):
    steps = SkippedSteps(most=3)
    steps.note(runner, [row(0, True), row(1, False)], batch)
    with pytest.raises(UserError, match='(?s)3 training steps .*iteration 9: loss inf'):
        steps.note(runner, [row(5, True), row(8, True, float('inf'))], batch)


def test_a_training_that_ends_in_one_is_none(runner, batch):
    steps = SkippedSteps(most=9)
    steps.note(runner, [row(0, False), row(1, True)], batch)
    with pytest.raises(UserError, match='1 training steps'):
        steps.require_finite_end()
    steps.note(runner, [row(2, False)], batch)
    steps.require_finite_end()


def test_the_hook_looks_when_it_logs(runner, batch):
    hook = StepScalarsHook(max_skipped=2)
    runner.__dict__.update(
        iter=0,
        max_iters=100,
        hooks=[hook, LoggerHook(interval=4)],
        message_hub=MessageHub.get_instance('skipped steps'),
        train_dataloader=range(1000),
        optim_wrapper=SimpleNamespace(step_scalars=dict(skipped=torch.tensor(1.0))),
        train_loop=SimpleNamespace(phase=SimpleNamespace(end=100)),
    )

    def step():
        hook.after_train_iter(runner, runner.iter, batch, dict(loss=torch.tensor(1.0)))
        runner.iter += 1

    def skip():
        runner.optim_wrapper.step_scalars = dict(skipped=torch.tensor(1.0))
        step()

    for _ in range(3):
        skip()
        hook.before_save_checkpoint(
            runner, dict(state_dict={})
        )  # what is read then is not forgotten
    with pytest.raises(UserError, match='4 training steps'):
        skip()
