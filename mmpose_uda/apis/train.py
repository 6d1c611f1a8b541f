"""Training: what ``tools/train.py`` does."""

import inspect
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Optional

from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.runner import Runner
from mmpose.registry import DATASETS

from mmpose_uda.config import (
    LOADERS,
    check_evaluators,
    check_fit,
    check_new,
    check_resumed,
    check_seed,
    drop_missing_backends,
    drop_options_of_workers,
    last_checkpoint,
    load_config,
    own_work_dir,
    prepare_data,
    prepare_step,
    require,
    require_checkpoint,
    require_checkpoints,
    require_data,
    require_paths,
    require_whole_parameters,
    set_launcher,
    set_work_dir,
    shrink_builtin_data,
    take_labels_from_samples,
    user_errors,
)
from mmpose_uda.engine.hooks import PreemptionHook
from mmpose_uda.errors import UserError

_SMOKE_ITERS = 2
_SMOKE_BATCH = 4
_SMOKE_TESTED = 8
_SMOKE_TRAINED = 16


def train(
    config: str,
    work_dir: Optional[str] = None,
    resume: Optional[str] = None,
    amp: Optional[str] = None,
    seed: Optional[int] = None,
    cfg_options: Optional[dict[str, Any]] = None,
    launcher: str = 'none',
    smoke: bool = False,
) -> Runner:
    """Train what a config describes, all its phases.

    Args:
        config (str): Path of the config.
        work_dir (str, optional): Where checkpoints, logs and results go. Defaults to
            the config's own, or ``./work_dirs/<name of the config>``.
        resume (str, optional): 'auto' for the last checkpoint of ``work_dir``, from the
            beginning where there is none yet, or the path of one.
        amp (str, optional): Mixed precision: 'bf16', 'fp16', or 'auto', which is fp16 on a
            GPU and bf16 on a CPU.
        seed (int, optional): Of weights, order of data and augmentation. The built-in
            data itself has its own seed in the config.
        cfg_options (dict, optional): Dotted key -> value, merged into the config.
        launcher (str): 'none', 'pytorch', 'slurm' or 'mpi'.
        smoke (bool): Two iterations a phase on little data, to see that all runs; what
            ``cfg_options`` names stays.

    Returns:
        Runner: The runner after training.

    Raises:
        UserError: Something that the user can mend.
        Preempted: SIGTERM stopped it, after it saved.
    """
    cfg = load_config(config, cfg_options)
    require(cfg, 'model', 'train_dataloader', 'train_cfg', 'optim_wrapper')
    require_data(cfg)
    _require_optimizer(cfg)
    set_work_dir(cfg, work_dir, suffix='_smoke' if smoke else '')
    with user_errors(cfg):
        if seed is not None:
            _set_seed(cfg, seed)
        prepare_step(cfg, amp)
        if smoke:
            _shorten(cfg, given=cfg_options)
        if resume is not None:
            _set_resume(cfg, resume)
        if cfg.get('resume') and cfg.get('load_from'):
            check_resumed(cfg, (cfg.get('randomness') or {}).get('seed'))
        else:
            check_new(cfg)
        drop_missing_backends(cfg)
        require_whole_parameters(cfg)
        set_launcher(cfg, launcher)
        check_evaluators(cfg)
        take_labels_from_samples(cfg)
        check_fit(cfg)
        prepare_data(cfg)
        require_paths(cfg, 'train_dataloader', 'val_dataloader')
        require_checkpoints(cfg)
        with own_work_dir(cfg):
            runner = Runner.from_cfg(cfg)
            runner.register_hook(stop := PreemptionHook())
            with stop.listening():
                runner.train()
    return runner


def _require_optimizer(cfg: Config) -> None:
    """A wrapper of none is taken by mmengine for one of several."""
    if not {'optimizer', 'constructor'} & set(cfg.optim_wrapper):
        raise UserError(
            f'`optim_wrapper` of the config {cfg.filename} has no `optimizer`: add it.'
        )


def _set_seed(cfg: Config, seed: int) -> None:
    check_seed(seed)
    cfg.randomness = dict(cfg.get('randomness') or {}, seed=seed)
    dataset = cfg.train_dataloader.dataset
    kind = DATASETS.get(dataset.type)
    if kind is not None and 'seed' in inspect.signature(kind).parameters:
        dataset.seed = seed


def _set_resume(cfg: Config, resume: str) -> None:
    path = last_checkpoint(cfg.work_dir) if resume == 'auto' else resume
    if path is None:
        print_log(
            f'There is no checkpoint in {cfg.work_dir} to go on from: the run begins.',
            'current',
            logging.WARNING,
        )
        return
    cfg.resume, cfg.load_from = True, path
    require_checkpoint(path)


def _shorten(cfg: Config, given: Optional[dict[str, Any]] = None) -> None:
    """Every phase, validation and export once, in as little time as possible.

    Args:
        cfg (Config): Changed in place.
        given (dict, optional): Dotted key -> value, what the user has set, which stays.
    """
    keys = list(_leaves(given or {}))
    if cfg.get('builtin_data') is not None:
        _shorten_builtin_data(cfg, keys)
    if 'phases' in cfg.train_cfg:
        cfg.train_cfg.phases = list(cfg.train_cfg.phases)  # which has numbers as keys
    short = {key: value for key, value in _short(cfg) if not _is_given(key, keys)}
    cfg.merge_from_dict(short)
    drop_options_of_workers(cfg)


def _leaves(options: dict[str, Any]) -> Iterator[str]:
    """Dotted keys of the values in nested options; a list is one value."""
    for key, value in options.items():
        if isinstance(value, dict):
            yield from (f'{key}.{inner}' for inner in _leaves(value))
        else:
            yield str(key)


def _is_given(key: str, leaves: Iterable[str]) -> bool:
    return any(f'{key}.'.startswith(f'{leaf}.') for leaf in leaves)


def _shorten_builtin_data(cfg: Config, given: Sequence[str]) -> None:
    """A few images in a folder of their own, or as many as the user has set."""
    sizes = dict(num_train=_SMOKE_TRAINED, num_test=_SMOKE_TESTED)
    own = {
        name: cfg.builtin_data[name]
        for name in sizes
        if name in cfg.builtin_data and _is_given(f'builtin_data.{name}', given)
    }
    sizes.update(own)
    root = f'{cfg.builtin_data.root.rstrip("/")}_smoke'
    if own:
        root = '_'.join([root, *map(str, sizes.values())])
    shrink_builtin_data(cfg, root, **sizes)


def _short(cfg: Config) -> Iterator[tuple[str, int]]:
    """Dotted keys of what makes a run long, and small values for them."""
    yield 'default_hooks.logger.interval', 1
    for number, _ in enumerate(cfg.train_cfg.get('phases', ())):
        yield f'train_cfg.phases.{number}.iters', _SMOKE_ITERS
    if 'max_iters' in cfg.train_cfg:
        yield 'train_cfg.max_iters', _SMOKE_ITERS
    if 'max_epochs' in cfg.train_cfg:
        yield 'train_cfg.max_epochs', 1
        yield 'train_cfg.val_interval', 1
        dataset = cfg.train_dataloader.dataset
        domains = [name for name in ('source', 'target') if dataset.get(name) is not None]
        whole = '.'.join(['train_dataloader.dataset', *domains[:1]])
        yield f'{whole}.indices', _SMOKE_ITERS * _SMOKE_BATCH
    for name in LOADERS:
        if cfg.get(name) is not None:
            yield f'{name}.batch_size', _SMOKE_BATCH
            yield f'{name}.num_workers', 0
    for name in ('val_dataloader', 'test_dataloader'):
        if cfg.get(name) is not None:
            yield f'{name}.dataset.indices', _SMOKE_TESTED
