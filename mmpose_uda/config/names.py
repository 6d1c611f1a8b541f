"""Top-level names of a config: those that are read, and those that only look like it."""

import inspect
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner

from mmpose_uda.errors import UserError
from mmpose_uda.near_names import misspelt

# read by mmengine from the config, though they are no arguments of its Runner
_RUNNER_KEYS = (
    'find_unused_parameters',
    'model_wrapper_cfg',
    'sync_bn',
    'activation_checkpointing',
    'compile',
    'runner_type',
    'strategy',
)
# read by mmengine when it reads the config, and by this package
_BEFORE = (
    'custom_imports',
    'ablation_extras',
    'ablation_parts',
    'builtin_data',
    'strong_source',
    'weak_source',
)
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')

# The types of names, which the runner takes for granted.
_DICTS = (
    'builtin_data',
    'custom_imports',
    'env_cfg',
    'log_processor',
    'model',
    'model_wrapper_cfg',
    'optim_wrapper',
    'randomness',
    'default_hooks',
    'train_cfg',
    'val_cfg',
    'test_cfg',
    *LOADERS,
    'visualizer',
)
_LISTS = ('custom_hooks',)
_SWITCHES = ('compile',)
_DICTS_OR_LISTS = ('param_scheduler', 'val_evaluator', 'test_evaluator')
_OF_LOADERS = ('dataset', 'sampler', 'batch_sampler', 'collate_fn')


def read_names() -> set[str]:
    """Return the names of a config that mmengine's runner or this package reads."""
    return {*runner_names(), *_BEFORE}


def runner_names() -> set[str]:
    """Return the names of a config that mmengine's runner reads."""
    return {*inspect.signature(Runner).parameters, *_RUNNER_KEYS} - {'cfg'}


def refuse_near_misses(cfg: Config) -> None:
    """Refuse a misspelt name, which would be ignored.

    Raises:
        UserError: A name resembles one that is read.
    """
    known = read_names()
    for name in sorted(set(cfg.keys()) - known):
        near = misspelt(name, known)
        if near is not None:
            raise UserError(
                f'The config {cfg.filename} has `{name}`, which nothing reads: write '
                f'`{near}`, or another name if it is your own.'
            )


def imported_modules(cfg: Mapping[str, Any]) -> list[str]:
    """Return the modules that a config imports before its parts are built."""
    imports = (cfg.get('custom_imports') or {}).get('imports', [])
    return [imports] if isinstance(imports, str) else list(imports)


def check_kinds(cfg: Config) -> None:
    """Refuse numbers and text where the config has to describe parts.

    Raises:
        UserError: A value is of another type.
    """
    kinds: list[tuple[tuple[str, ...], tuple[type, ...]]]
    kinds = [(_DICTS, (dict,)), (_LISTS, (list, tuple)), (_SWITCHES, (bool, dict))]
    kinds.append((_DICTS_OR_LISTS, (dict, list, tuple)))
    for names, allowed in kinds:
        for name in names:
            _check_kind(cfg, cfg.get(name), name, allowed)
    for loader in LOADERS:
        for name in _OF_LOADERS:
            described = (cfg.get(loader) or {}).get(name)
            _check_kind(cfg, described, f'{loader}.{name}', (dict,))
    for name in (*_LISTS, *_DICTS_OR_LISTS):
        if isinstance(cfg.get(name), (list, tuple)):
            for number, part in enumerate(cfg[name]):
                _check_kind(cfg, part, f'{name}.{number}', (dict,))


def _check_kind(cfg: Config, value: Any, name: str, allowed: tuple[type, ...]) -> None:
    if value is not None and not isinstance(value, allowed):
        kinds = ' or '.join(f'a {kind.__name__}' for kind in allowed)
        raise UserError(
            f'`{name}` of the config {cfg.filename} is {value!r}: let it be {kinds}.'
        )
