"""The built-in data of a config."""

import inspect
from typing import Any

from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmpose_uda.errors import UserError
from mmpose_uda.near_names import closest

from .explaining import user_errors


def make_readable(cfg: Config) -> None:
    """Prepare for building the data sets of a config: its scope and its built-in data.

    Raises:
        UserError: A mistake in the config that the user can fix.
    """
    with user_errors(cfg):
        init_default_scope(cfg.get('default_scope', 'mmengine'))
        prepare_data(cfg)


def prepare_data(cfg: Config) -> None:
    """Make the built-in data that ``cfg.builtin_data`` names, unless it is there.

    Raises:
        UserError: ``builtin_data`` has a misspelt key, or lacks its name or folder.
    """
    if cfg.get('builtin_data') is None:
        return
    # the generator is not part of adaptation, so it is imported only to make data
    from mmpose_uda.synthetic import ensure_builtin

    known = inspect.signature(ensure_builtin).parameters
    for key in cfg.builtin_data:
        if key not in known:
            raise UserError(
                f'`builtin_data` in {cfg.filename} has no `{key}`: {closest(key, known)}.'
            )
    for key in ('name', 'root'):
        if not isinstance(cfg.builtin_data.get(key), str):
            raise UserError(
                f'`builtin_data.{key}` in {cfg.filename} is '
                f'{cfg.builtin_data.get(key)!r}: let it be text.'
            )
    ensure_builtin(**cfg.builtin_data)


def shrink_builtin_data(cfg: Config, root: str, num_train: int, num_test: int) -> None:
    """Reduce built-in data to a few images, in another folder.

    Args:
        cfg (Config): With ``builtin_data``; its folder is replaced wherever it is named.
        root (str): The other folder.
        num_train (int): Number of training images per domain.
        num_test (int): Number of test images.
    """
    before = cfg.builtin_data.root.rstrip('/')
    cfg.builtin_data.update(num_train=num_train, num_test=num_test)
    cfg.builtin_data.root = before
    _move_paths(cfg, before, root)


def _move_paths(node: Any, root: str, moved: str) -> None:
    """Replace a folder wherever a config names it or something in it."""
    for key, value in list(node.items() if hasattr(node, 'items') else enumerate(node)):
        if isinstance(value, str) and f'{value}/'.startswith(f'{root}/'):
            node[key] = moved + value.removeprefix(root)
        elif isinstance(value, (dict, list)):
            _move_paths(value, root, moved)
