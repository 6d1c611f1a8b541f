"""Where in a config a part is, for sentences about it."""

from collections.abc import Callable
from typing import Any, Optional

from mmengine.config import Config

# what the runner reads, before helper variables of the config that repeat it
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
    """:func:`where`, or of a part that the config does not have, its type.

    Args:
        cfg (Config): The config.
        type_name (str): Class of the part, with or without its scope.
        key (str, optional): An argument that it has.
    """
    return where(cfg, type_name, key) or f'type={type_name!r}'


def where(cfg: Config, type_name: str, key: Optional[str] = None) -> str:
    """In words, where a config has a part first; '' if nowhere.

    Args:
        cfg (Config): The config.
        type_name (str): Class of the part, with or without its scope.
        key (str, optional): An argument that it has.

    Returns:
        str: Its dotted key, and the file.
    """

    name = type_name.rsplit('.', 1)[-1]

    def fits(part: dict) -> bool:
        kind = str(part.get('type', '')).rsplit('.', 1)[-1]
        return kind == name and (key is None or key in part)

    return where_fits(cfg, fits)


def where_fits(cfg: Config, fits: Callable[[dict], bool]) -> str:
    """In words, where a config has the first dict that fits; '' if nowhere.

    Args:
        cfg (Config): The config.
        fits (Callable): What is asked of a dict in it.
    """

    def search(value: Any, path: str) -> Optional[str]:
        if isinstance(value, dict):
            if path and fits(value):
                return path
            items: Any = value.items()
        elif isinstance(value, (list, tuple)):
            items = enumerate(value)
        else:
            return None
        found = (
            search(child, f'{path}.{name}' if path else str(name)) for name, child in items
        )
        return next((f for f in found if f), None)

    keys = sorted(cfg.keys(), key=_READ_FIRST.__contains__, reverse=True)
    path = search({name: cfg[name] for name in keys}, '')
    return f'`{path}` in {cfg.filename}' if path else ''
