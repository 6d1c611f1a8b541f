"""Reading configs."""

import inspect
import os.path as osp
import traceback
from collections.abc import Iterator
from typing import Any, Optional

from mmengine.config import Config
from mmengine.config.utils import ConfigParsingError
from mmengine.runner import Runner

from mmpose_uda.config.explaining import closest
from mmpose_uda.datasets.files import require_json_name
from mmpose_uda.errors import UserError

# read by mmengine from the config, though no argument of its Runner
_RUNNER_KEYS = (
    'find_unused_parameters',
    'model_wrapper_cfg',
    'sync_bn',
    'compile',
    'runner_type',
    'strategy',
)


def load_config(path: str, options: Optional[dict[str, Any]] = None) -> Config:
    """Read a config and merge overrides into it.

    Args:
        path (str): A text config.
        options (dict, optional): Dotted key -> value, as of ``--cfg-options``.

    Returns:
        Config: The config.

    Raises:
        UserError: The file is missing or does not run, an override names what the
            config does not have, or boxes are in a file that is not JSON.
    """
    if not osp.isfile(path):
        raise UserError(f'There is no config file {path}: check the path.')
    try:
        cfg = Config.fromfile(path)
    except SyntaxError as error:
        name = path if error.filename in (None, '<unknown>') else error.filename
        raise UserError(
            f'{name}, line {error.lineno}, is not Python ({error.msg}): correct it.'
        ) from error
    except (FileNotFoundError, ConfigParsingError) as error:
        raise UserError(
            f'The config {path} cannot be read: {error}; correct its `_base_`.'
        ) from error
    except ImportError as error:
        raise UserError(
            f'The config {path} imports what is not there '
            f'({error.__cause__ or error}): correct its `custom_imports`.'
        ) from error
    except Exception as error:
        place = _line_in_config(error)
        if place is None:
            raise
        raise UserError(
            f'{place} fails with {type(error).__name__}: {error}; correct it.'
        ) from error
    if options:
        _merge(cfg, options)
    for boxes in _box_files(cfg.to_dict()):
        require_json_name(boxes)
    return cfg


def _box_files(node: Any) -> Iterator[str]:
    """What the data sets of a config are told to load boxes from."""
    if isinstance(node, dict):
        if node.get('bbox_file'):
            yield str(node['bbox_file'])
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for value in node:
            yield from _box_files(value)


def _line_in_config(error: Exception) -> Optional[str]:
    """Where in a config the error arose; None if it arose elsewhere."""
    frame, line = list(traceback.walk_tb(error.__traceback__))[-1]
    # mmengine executes a config's text with nothing but its own names in scope
    if frame.f_globals.get('__name__') is None or '__file__' not in frame.f_globals:
        return f'{frame.f_code.co_filename}, line {line},'
    return None


def _merge(cfg: Config, options: dict[str, Any]) -> None:
    known = {*cfg.keys(), *inspect.signature(Runner).parameters, *_RUNNER_KEYS}
    for key in options:
        name = key.split('.')[0]
        if name not in known:
            raise UserError(
                f'--cfg-options {key} changes nothing, because the config has no '
                f'`{name}`: {closest(name, known)}.'
            )
    try:
        cfg.merge_from_dict(options)
    except (KeyError, TypeError) as error:
        raise UserError(
            f'--cfg-options does not fit the config: {error.args[0]}; correct the key.'
        ) from error


def imported_modules(cfg: Config) -> list[str]:
    """Modules that a config imports before its parts are built."""
    imports = (cfg.get('custom_imports') or {}).get('imports', [])
    return [imports] if isinstance(imports, str) else list(imports)


def require(cfg: Config, *keys: str) -> None:
    """Raise a :class:`UserError` for a key that the config lacks."""
    for key in keys:
        if cfg.get(key) is None:
            raise UserError(f'The config {cfg.filename} has no `{key}`: add it.')
