import copy
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import toy_parts
from config_factory import Killed, run, tiny_config
from mmengine.config import Config
from mmengine.hooks import EMAHook, Hook, SyncBuffersHook
from mmengine.runner import Runner
from mmpose.registry import HOOKS
from model_factory import build_adaptive, equal_states
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.engine.hooks import EMATeacherHook
from mmpose_uda.models.pose_estimators import TeacherEMA


@pytest.fixture
def runner():
    return SimpleNamespace(model=build_adaptive(), iter=0, optim_wrapper=SimpleNamespace())


def both(model):
    return model.student.state_dict(), model.teacher.module.state_dict()


def test_the_teacher_equals_the_student_before_training(runner):
    assert not equal_states(*both(runner.model))
    EMATeacherHook().before_train(runner)
    assert equal_states(*both(runner.model))
    assert runner.model.teacher.steps == 1


def test_a_resumed_teacher_is_left_alone(runner):
    runner.iter = 7
    before = copy.deepcopy(runner.model.teacher.state_dict())
    EMATeacherHook().before_train(runner)
    assert equal_states(runner.model.teacher.state_dict(), before)


def test_the_teacher_follows_each_step(runner):
    hook = EMATeacherHook()
    hook.before_train(runner)
    before = copy.deepcopy(runner.model.teacher.module)
    with torch.no_grad():
        for parameter in runner.model.student.parameters():
            parameter.add_(1)
    hook.after_train_iter(runner, 0)
    for old, student, teacher in zip(
        before.parameters(),
        runner.model.student.parameters(),
        runner.model.teacher.module.parameters(),
    ):
        torch.testing.assert_close(teacher, (old + student) / 2)


@HOOKS.register_module()
class FirstUse(Hook):
    """Notes both networks when the first step begins."""

    priority = 'LOWEST'
    noted = None

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        model = runner.model
        FirstUse.noted = copy.deepcopy(both(model))
        FirstUse.steps = model.teacher.steps.clone()
        FirstUse.modes = [m.training for m in model.teacher.modules()]
        raise Killed


def test_first_use_in_a_run(hand_config, data_root, tmp_path):
    cfg = tiny_config(hand_config, data_root, tmp_path)
    cfg.custom_hooks.append(dict(type='FirstUse'))
    with pytest.raises(Killed):
        run(cfg)
    student, teacher = FirstUse.noted
    assert equal_states(student, teacher)
    assert not any(FirstUse.modes)


def test_the_teacher_is_not_in_the_optimizer(finished):
    model, optim_wrapper = finished.runner.model, finished.runner.optim_wrapper
    optimized = {id(p) for group in optim_wrapper.param_groups for p in group['params']}
    assert optimized.issuperset(id(p) for p in model.student.parameters())
    assert optimized.isdisjoint(map(id, model.averaged_parameters()))


def test_the_teacher_has_followed_the_run(finished):
    model = finished.runner.model
    assert model.teacher.steps == finished.runner.max_iters + 1
    assert not equal_states(*both(model))
    distance = [
        (a - b).abs().mean() / (a.abs().mean() + 1e-3)
        for a, b in zip(model.student.parameters(), model.teacher.module.parameters())
    ]
    assert max(distance) < 0.5


def test_gradients_that_accumulate_are_no_step(hand_config, data_root, tmp_path):
    cfg = tiny_config(hand_config, data_root, tmp_path)
    cfg.train_cfg.phases = [dict(cfg.train_cfg.phases[-1], iters=9)]
    cfg.optim_wrapper.accumulative_counts = 2
    model = run(cfg).model
    assert model.progress.begun == 5  # the last of one iteration
    assert model.teacher.steps == 1 + 5


def without_teacher_hook(cfg):
    is_other = lambda hook: hook.type != 'EMATeacherHook'  # noqa: E731
    cfg.custom_hooks = list(filter(is_other, cfg.custom_hooks))
    return cfg


def test_a_run_whose_teacher_nobody_updates_fails_at_once(hand_config, data_root, tmp_path):
    cfg = without_teacher_hook(tiny_config(hand_config, data_root, tmp_path))
    with pytest.raises(UserError, match='never updated.*EMATeacherHook'):
        run(cfg)
    assert not (tmp_path / 'record.json').exists()


def test_a_run_that_tests_the_student_needs_no_hook(hand_config, data_root, tmp_path):
    cfg = without_teacher_hook(tiny_config(hand_config, data_root, tmp_path))
    cfg.train_cfg.phases = [dict(name='source', iters=1, parts=['supervised'])]
    cfg.model.test_network = 'student'
    cfg.val_cfg.beside = []
    run(cfg)
    assert (tmp_path / 'export' / 'model.pth').exists()


def test_a_new_run_starts_from_the_teacher_of_another(
    finished, hand_config, data_root, tmp_path
):
    cfg = tiny_config(hand_config, data_root, tmp_path)
    cfg.load_from = Path(finished.work_dir, 'last_checkpoint').read_text()
    cfg.custom_hooks.append(dict(type='FirstUse'))
    with pytest.raises(Killed):
        run(cfg)
    teacher = finished.runner.model.teacher.module.state_dict()
    for found in FirstUse.noted:
        assert equal_states(found, teacher)
    assert FirstUse.steps == 1


def test_an_average_of_mmengine_passes_over_steps_that_were_not_finite():
    hook, model = EMATeacherHook(momentum=0.3), nn.Linear(2, 2)
    runner = SimpleNamespace(model=model, hooks=[hook], iter=0, epoch=0)
    hook.before_run(runner)
    (average,) = runner.hooks
    runner.optim_wrapper = SimpleNamespace(finite=torch.tensor(True))
    average.after_train_iter(runner, 0)
    assert equal_states(model.state_dict(), average.ema_model.module.state_dict())
    before = copy.deepcopy(average.ema_model.state_dict())
    torch.nn.init.constant_(model.weight, float('inf'))
    runner.optim_wrapper.finite = torch.tensor(False)
    average.after_train_iter(runner, 0)
    assert equal_states(average.ema_model.state_dict(), before)
    torch.nn.init.constant_(model.weight, 1.0)
    runner.optim_wrapper = SimpleNamespace()  # any other wrapper
    average.after_train_iter(runner, 0)
    assert average.ema_model.steps == before['steps'] + 1


def test_a_first_step_that_was_not_finite_leaves_the_initial_statistics():
    """mmengine builds the average before the model has its initial weights."""
    hook, model = EMATeacherHook(), nn.BatchNorm1d(2)
    runner = SimpleNamespace(model=model, hooks=[hook], iter=0, epoch=0, max_iters=9)
    hook.before_run(runner)
    nn.init.constant_(model.running_mean, 7.0)  # as of a pre-trained network
    (average,) = runner.hooks
    average.before_train(runner)
    nn.init.constant_(model.running_mean, float('nan'))
    runner.optim_wrapper = SimpleNamespace(finite=torch.tensor(False))
    average.after_train_iter(runner, 0)
    assert (model.running_mean == 7).all()


def test_a_model_without_a_teacher_is_averaged_by_mmengine():
    """docs/parts.md has a whole run of this (tests/test_docs)."""
    hook, others = EMATeacherHook(momentum=0.3), (Hook(), Hook())
    model = nn.Linear(2, 2)
    runner = SimpleNamespace(model=model, hooks=[others[0], hook, others[1]])
    hook.before_run(runner)
    assert (runner.hooks[0], runner.hooks[2]) == others
    average = runner.hooks[1]
    assert isinstance(average, EMAHook) and isinstance(average.ema_model, TeacherEMA)
    assert average.ema_model.momentum == 0.3
    assert average.src_model is model


def test_mmengine_s_averaging_of_buffers_gives_way(runner):
    hook = SyncBuffersHook()
    hook.distributed = True
    runner.hooks, runner.optim_wrapper = [hook], None
    EMATeacherHook().before_run(runner)
    hook.before_val_epoch(runner)  # would average integers, outside of any process group
    hook.after_train_epoch(runner)
    assert not hook.distributed


def test_a_teacher_has_its_own_rate(runner):
    with pytest.raises(UserError, match='EMATeacherHook has momentum, but the model has'):
        EMATeacherHook(momentum=0.3).before_run(runner)


@pytest.mark.parametrize('counts, steps', [(1, 7), (3, 3)])
def test_a_stock_model_that_accumulates(counts, steps, tmp_path):
    """Steps of the optimizer count, the last of which has fewer gradients."""
    cfg = Config.fromstring(toy_parts.CONFIG, '.py')
    cfg.merge_from_dict(
        dict(
            work_dir=str(tmp_path),
            experiment_name=tmp_path.name,
            train_cfg=dict(max_iters=7),
            optim_wrapper=dict(accumulative_counts=counts),
            custom_hooks=[dict(type='mmpose.EMATeacherHook', momentum=0.001)],
        )
    )
    runner = Runner.from_cfg(cfg)
    runner.train()
    (hook,) = (hook for hook in runner.hooks if isinstance(hook, EMAHook))
    assert hook.ema_model.steps == steps
