"""Shorten a config to run in as little time as possible, for ``--smoke``."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Optional

from mmengine.config import Config

from mmpose_uda.config.builtin_data import shrink_builtin_data
from mmpose_uda.config.names import LOADERS
from mmpose_uda.config.reading import drop_options_of_workers

_ITERS = 2
_BATCH = 4
_TESTED = 8
_TRAINED = 16


def shorten(cfg: Config, given: Optional[dict[str, Any]] = None) -> None:
    """Let every phase, validation and export run once, in as little time as possible.

    Args:
        cfg (Config): Changed in place.
        given (dict, optional): Dotted key -> value that the user has set, which is kept.
    """
    keys = list(_leaves(given or {}))
    if cfg.get('builtin_data') is not None:
        _shrink_data(cfg, keys)
    if 'phases' in cfg.train_cfg:
        cfg.train_cfg.phases = list(cfg.train_cfg.phases)  # merged by number
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


def _shrink_data(cfg: Config, given: Sequence[str]) -> None:
    """Reduce built-in data to a few images, or as many as the user set, in a new folder."""
    sizes = dict(num_train=_TRAINED, num_test=_TESTED)
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
    """Yield the dotted keys of what makes a run long, and small values for them."""
    yield 'default_hooks.logger.interval', 1
    for number, _ in enumerate(cfg.train_cfg.get('phases', ())):
        yield f'train_cfg.phases.{number}.iters', _ITERS
    if 'max_iters' in cfg.train_cfg:
        yield 'train_cfg.max_iters', _ITERS
    if 'max_epochs' in cfg.train_cfg:
        yield 'train_cfg.max_epochs', 1
        yield 'train_cfg.val_interval', 1
        dataset = cfg.train_dataloader.dataset
        domains = [name for name in ('source', 'target') if dataset.get(name) is not None]
        whole = '.'.join(['train_dataloader.dataset', *domains[:1]])
        yield f'{whole}.indices', _ITERS * _BATCH
    for name in LOADERS:
        if cfg.get(name) is not None:
            yield f'{name}.batch_size', _BATCH
            yield f'{name}.num_workers', 0
    for name in ('val_dataloader', 'test_dataloader'):
        if cfg.get(name) is not None:
            yield f'{name}.dataset.indices', _TESTED
