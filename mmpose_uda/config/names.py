"""Top-level names of a config: what is read, and what only looks like it."""

import difflib
import inspect
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner

from mmpose_uda.errors import UserError

# read by mmengine from the config, though no argument of its Runner
_RUNNER_KEYS = (
    'find_unused_parameters',
    'model_wrapper_cfg',
    'sync_bn',
    'activation_checkpointing',
    'compile',
    'runner_type',
    'strategy',
)
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
# names that people do not come near by chance
_LEAST_LETTERS = 7
_NEAR = 0.9


# What they are: the runner takes it for granted.
_DICTS = (
    'env_cfg',
    'log_processor',
    'model',
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
_DICTS_OR_LISTS = ('param_scheduler', 'val_evaluator', 'test_evaluator')
_OF_LOADERS = ('dataset', 'sampler', 'batch_sampler', 'collate_fn')


def read_names() -> set[str]:
    """Names of a config that mmengine's runner reads."""
    return {*inspect.signature(Runner).parameters, *_RUNNER_KEYS} - {'cfg'}


def refuse_near_misses(cfg: Config) -> None:
    """Refuse a misspelt name of what the runner reads, which it would pass over.

    Raises:
        UserError: There is one.
    """
    known = read_names()
    long = [name for name in known if len(name) >= _LEAST_LETTERS]
    for name in set(cfg.keys()) - known:
        for near in difflib.get_close_matches(name, long, n=1, cutoff=_NEAR):
            raise UserError(
                f'The config {cfg.filename} has `{name}`, which nothing reads: write '
                f'`{near}`, or another name if it is your own.'
            )


def check_kinds(cfg: Config) -> None:
    """Refuse numbers and text where parts are described.

    Raises:
        UserError: One is there.
    """
    kinds = [(_DICTS, (dict,)), (_LISTS, (list, tuple))]
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
        told = ' or '.join(f'a {kind.__name__}' for kind in allowed)
        raise UserError(
            f'`{name}` of the config {cfg.filename} is {value!r}: let it be {told}.'
        )
