"""Choose the optimizer wrapper and the hook of a step."""

from typing import Any, Optional

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.logging import print_log

from mmpose_uda.errors import UserError

_CHOICES = ('auto', 'bf16', 'fp16')
_PLAIN, _MIXED, _GUARDED = 'OptimWrapper', 'AmpOptimWrapper', 'GuardedOptimWrapper'
_INFO, _SCALARS = 'RuntimeInfoHook', 'StepScalarsHook'
_CONSTRUCTOR = 'StudentOptimWrapperConstructor'
_SCOPE = 'mmpose.'  # of their registry, for configs of another scope
_DTYPES = dict(bf16='bfloat16', fp16='float16')
_SHORT = {'bfloat16': 'bf16', 'float16': 'fp16', None: 'auto'}


def prepare_step(cfg: Config, amp: Optional[str] = None) -> None:
    """Replace mmengine's optimizer wrapper and hook in a config by this package's.

    These do the same without waiting for the device, skip steps that are not finite, and
    support mixed precision on a CPU (:class:`GuardedOptimWrapper`,
    :class:`StepScalarsHook`). Optimizers of torch use their fused form if there is one, and
    the teacher's parameters are not listed one by one
    (:class:`StudentOptimWrapperConstructor`). With mmengine's own tools a config keeps what
    it names.

    Args:
        cfg (Config): Changed in place.
        amp (str, optional): Mixed precision: 'bf16', 'fp16', or 'auto', which is fp16 on a
            GPU (as mmpose's ``--amp``) and bf16 on a CPU.

    Raises:
        UserError: ``amp`` is given with another wrapper, or is of another kind.
    """
    wrapper = cfg.optim_wrapper
    kind = str(wrapper.get('type', _PLAIN)).removeprefix(_SCOPE)
    if kind not in (_PLAIN, _MIXED, _GUARDED):
        if amp is not None:
            raise UserError(
                f'--amp does not go with `optim_wrapper.type={kind}`: use {_PLAIN}.'
            )
        return
    wrapper.type = _SCOPE + _GUARDED
    wrapper.pop('use_fsdp', None)
    if 'paramwise_cfg' in wrapper:
        wrapper.setdefault('constructor', _SCOPE + _CONSTRUCTOR)
    dtype = wrapper.get('dtype')
    if amp is None and (kind == _MIXED or dtype is not None):
        name = None if dtype is None else str(dtype).removeprefix('torch.')
        amp = _SHORT.get(name, name)
    if amp is not None:
        wrapper.dtype = _dtype(amp)
    optimizer = wrapper.get('optimizer')
    if isinstance(optimizer, dict) and 'foreach' not in optimizer:
        if _has_fused_form(optimizer.get('type')):
            optimizer.setdefault('fused', True)
    hooks = cfg.get('default_hooks') or {}
    hook = hooks.get('runtime_info', {})
    if isinstance(hook, dict) and hook.get('type', _INFO) in (_INFO, _SCOPE + _INFO):
        cfg.default_hooks = dict(hooks, runtime_info=dict(hook, type=_SCOPE + _SCALARS))


def complete_step_hook(cfg: Config) -> None:
    """Give ``default_hooks.runtime_info`` the type of this package's hook if it has none.

    So its ``max_skipped`` can be set in every config, few of which name the type, because
    there is a default.

    Args:
        cfg (Config): Changed in place.
    """
    hook = (cfg.get('default_hooks') or {}).get('runtime_info')
    if isinstance(hook, dict):
        hook.setdefault('type', _SCOPE + _SCALARS)


def _has_fused_form(kind: Any) -> bool:
    """Whether this torch has a fused form of an optimizer on this device, by trying."""
    if isinstance(kind, str):
        kind = getattr(torch.optim, kind, None)
    try:
        kind([torch.zeros(1, device=get_device())], lr=0.1, fused=True)
    except (TypeError, ValueError, RuntimeError):
        return False
    return True


def _dtype(amp: str) -> Optional[str]:
    """Return the dtype that a choice means on this machine."""
    if amp not in _CHOICES:
        raise UserError(
            f'Mixed precision is {" or ".join(_CHOICES)}, not {amp!r}: choose one.'
        )
    is_cpu = get_device() == 'cpu'
    if amp == 'auto':
        amp = 'bf16' if is_cpu else 'fp16'
    if is_cpu and amp == 'fp16':
        raise UserError(
            '--amp fp16 needs a GPU and there is none here: use --amp without fp16, which '
            'is bf16 on a CPU.'
        )
    if is_cpu and not _cpu_computes_bf16():
        print_log('This CPU has no instructions for bf16: training in fp32.')
        return None
    return _DTYPES[amp]


def _cpu_computes_bf16() -> bool:
    """Whether the CPU has instructions for bf16, which is slower than fp32 without them."""
    asked = ('_is_avx512_bf16_supported', '_is_amx_tile_supported')
    return any(getattr(torch.cpu, name, bool)() for name in asked)
