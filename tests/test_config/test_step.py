import pytest
import torch
from mmengine.config import Config

from mmpose_uda import UserError
from mmpose_uda.config import prepare_step, step

HAS_GPU = torch.cuda.is_available()


def config(**optim_wrapper):
    wrapper = dict(optimizer=dict(type='AdamW', lr=1e-3), **optim_wrapper)
    return Config(dict(optim_wrapper=wrapper))


@pytest.fixture
def bf16_cpu(monkeypatch):
    monkeypatch.setattr(step, 'get_device', lambda: 'cpu')
    monkeypatch.setattr(step, '_cpu_computes_bf16', lambda: True)


def test_the_own_wrapper_and_hook_take_the_place_of_mmengines():
    cfg = config(type='OptimWrapper', clip_grad=dict(max_norm=1.0))
    prepare_step(cfg)
    assert cfg.optim_wrapper.type == 'mmpose.GuardedOptimWrapper'
    assert cfg.optim_wrapper.clip_grad == dict(max_norm=1.0)
    assert cfg.optim_wrapper.optimizer.fused is True
    assert cfg.default_hooks.runtime_info.type == 'mmpose.StepScalarsHook'
    assert 'dtype' not in cfg.optim_wrapper


def test_the_constructor_of_options_of_parameters():
    cfg = config(paramwise_cfg=dict(norm_decay_mult=0.0))
    prepare_step(cfg)
    assert cfg.optim_wrapper.constructor == 'mmpose.StudentOptimWrapperConstructor'
    cfg = config(paramwise_cfg=dict(), constructor='LayerDecayOptimWrapperConstructor')
    prepare_step(cfg)
    assert cfg.optim_wrapper.constructor == 'LayerDecayOptimWrapperConstructor'
    prepare_step(cfg := config())
    assert 'constructor' not in cfg.optim_wrapper


def test_optimizers_without_a_fused_form_keep_theirs():
    for optimizer in (dict(type='Rprop', lr=0.1), dict(type='SGD', lr=0.1, foreach=True)):
        cfg = Config(dict(optim_wrapper=dict(type='OptimWrapper', optimizer=optimizer)))
        prepare_step(cfg)
        assert 'fused' not in cfg.optim_wrapper.optimizer


@pytest.mark.parametrize(
    'given, amp, dtype',
    [
        (dict(type='OptimWrapper'), 'auto', 'bfloat16'),
        (dict(type='OptimWrapper'), 'bf16', 'bfloat16'),
        (dict(type='AmpOptimWrapper'), None, 'bfloat16'),
        (dict(type='AmpOptimWrapper', dtype='bfloat16'), None, 'bfloat16'),
        (dict(type='GuardedOptimWrapper', dtype='bfloat16'), None, 'bfloat16'),
        (dict(), None, None),
    ],
)
def test_mixed_precision_on_a_cpu(bf16_cpu, given, amp, dtype):
    cfg = config(**given)
    prepare_step(cfg, amp)
    assert cfg.optim_wrapper.get('dtype') == dtype


def test_mixed_precision_on_a_gpu(monkeypatch):
    monkeypatch.setattr(step, 'get_device', lambda: 'cuda')
    monkeypatch.setattr(step, '_has_fused_form', lambda name: False)
    cfg = config(type='OptimWrapper')
    prepare_step(cfg, 'auto')
    assert cfg.optim_wrapper.dtype == 'float16'
    cfg = config(type='AmpOptimWrapper', loss_scale=512.0)
    prepare_step(cfg)
    assert cfg.optim_wrapper.dtype == 'float16' and cfg.optim_wrapper.loss_scale == 512.0


def test_float16_on_a_cpu_is_refused(bf16_cpu):
    with pytest.raises(UserError, match='--amp fp16 needs a GPU'):
        prepare_step(config(type='OptimWrapper'), 'fp16')
    with pytest.raises(UserError, match='--amp fp16 needs a GPU'):
        prepare_step(config(type='AmpOptimWrapper', dtype='float16'))


def test_a_cpu_without_bf16_goes_on_in_fp32(bf16_cpu, monkeypatch, capsys):
    monkeypatch.setattr(step, '_cpu_computes_bf16', lambda: False)
    cfg = config(type='GuardedOptimWrapper', dtype='bfloat16')
    prepare_step(cfg)
    assert cfg.optim_wrapper.dtype is None
    assert 'no instructions for bf16: training in fp32' in capsys.readouterr().out


def test_other_wrappers_stay():
    cfg = config(type='ApexOptimWrapper')
    prepare_step(cfg)
    assert cfg.optim_wrapper.type == 'ApexOptimWrapper' and 'default_hooks' not in cfg
    with pytest.raises(UserError, match='optim_wrapper.type=ApexOptimWrapper'):
        prepare_step(cfg, 'auto')


def test_another_precision_is_refused():
    with pytest.raises(UserError, match='auto or bf16 or fp16'):
        prepare_step(config(type='OptimWrapper'), 'int8')


@pytest.mark.parametrize('hook', ['RuntimeInfoHook', 'mmpose.RuntimeInfoHook', None])
def test_the_own_hook_takes_options(hook):
    given = dict(max_skipped=3) if hook is None else dict(type=hook, max_skipped=3)
    cfg = config(type='OptimWrapper')
    cfg.default_hooks = dict(runtime_info=given)
    prepare_step(cfg)
    expected = dict(type='mmpose.StepScalarsHook', max_skipped=3)
    assert cfg.default_hooks.runtime_info == expected


def test_other_hooks_stay():
    for hook in (dict(type='AHook'), None):
        cfg = config(type='OptimWrapper')
        cfg.default_hooks = dict(runtime_info=hook)
        prepare_step(cfg)
        assert cfg.default_hooks.runtime_info == hook


def test_hooks_may_be_none():
    cfg = Config(dict(optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1))))
    cfg.default_hooks = None
    prepare_step(cfg)
    assert cfg.default_hooks.runtime_info.type.endswith('StepScalarsHook')
