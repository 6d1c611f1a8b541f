"""Locate a part in a config, for sentences about it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Optional

from mmengine.config import Config

# what the runner reads is searched before helper variables of the config that repeat it
_READ_FIRST = (
    'model',
    'train_dataloader',
    'val_dataloader',
    'test_dataloader',
    'optim_wrapper',
    'param_scheduler',
    'val_evaluator',
    'test_evaluator',
    'custom_hooks',
    'default_hooks',
    'train_cfg',
    'val_cfg',
    'test_cfg',
)


def place_of(cfg: Config, type_name: str, key: Optional[str] = None) -> str:
    """Return :func:`where` a part is, or its type if the config does not have it.

    Args:
        cfg (Config): The config.
        type_name (str): Class of the part, with or without its scope.
        key (str, optional): An argument that the part has.
    """
    return where(cfg, type_name, key) or f'type={type_name!r}'


def where(cfg: Config, type_name: str, key: Optional[str] = None) -> str:
    """Describe where a config first has a part; '' if nowhere.

    Args:
        cfg (Config): The config.
        type_name (str): Class of the part, with or without its scope.
        key (str, optional): An argument that the part has.

    Returns:
        str: Its dotted key, and the file.
    """

    def fits(part: dict) -> bool:
        return _is_of(part, type_name) and (key is None or key in part)

    return where_fits(cfg, fits)


def place_of_built(cfg: Config, type_name: str, given: Mapping[str, Any]) -> str:
    """Return :func:`place_of` the part that a class was being built from, if known.

    Args:
        cfg (Config): The config.
        type_name (str): Class of the part.
        given (Mapping): Its arguments: those of the config, and what was filled in.
    """

    def fits(part: dict) -> bool:
        named = {key: value for key, value in part.items() if key != 'type'}
        return _is_of(part, type_name) and all(
            key in given and given[key] == value for key, value in named.items()
        )

    return where_fits(cfg, fits) or place_of(cfg, type_name)


def _is_of(part: dict, type_name: str) -> bool:
    return str(part.get('type', '')).rsplit('.', 1)[-1] == type_name.rsplit('.', 1)[-1]


def where_fits(cfg: Config, fits: Callable[[dict], bool]) -> str:
    """Describe where a config has the first dict that fits; '' if nowhere.

    Args:
        cfg (Config): The config.
        fits (Callable): Whether a dict fits.
    """
    keys = keys_that_fit(cfg, fits)
    return in_words(cfg, keys) if keys else ''


def in_words(cfg: Config, keys: Iterable[Any]) -> str:
    """Describe a place in a config."""
    return f'`{".".join(map(str, keys))}` in {cfg.filename}'


def keys_that_fit(cfg: Config, fits: Callable[[dict], bool]) -> Optional[tuple[Any, ...]]:
    """Return the keys to the dict of :func:`where_fits`; None if no dict fits."""

    def search(value: Any, keys: tuple[Any, ...]) -> Optional[tuple[Any, ...]]:
        if isinstance(value, dict):
            if keys and fits(value):
                return keys
            items: Any = value.items()
        elif isinstance(value, (list, tuple)):
            items = enumerate(value)
        else:
            return None
        found = (search(child, (*keys, key)) for key, child in items)
        return next((f for f in found if f), None)

    first = {name: number for number, name in enumerate(_READ_FIRST)}
    names = sorted(cfg.keys(), key=lambda name: first.get(name, len(first)))
    return search({name: cfg[name] for name in names}, ())
