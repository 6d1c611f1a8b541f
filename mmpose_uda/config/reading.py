"""Reading configs."""

import difflib
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
)
# names that people do not come near by chance
_LEAST_LETTERS = 7
_NEAR = 0.9


def load_config(path: str, options: Optional[dict[str, Any]] = None) -> Config:
    """Read a config and merge overrides into it.

    Args:
        path (str): A text config.
        options (dict, optional): Dotted key -> value, as of ``--cfg-options``.

    Returns:
        Config: The config.

    Raises:
        UserError: The file is missing, does not run or is of mmengine's lazy kind, a name
            in it is nearly one that the runner reads, an override changes nothing, or
            boxes are in a file that is not JSON.
    """
    if not osp.isfile(path):
        raise UserError(f'There is no config file {path}: check the path.')
    cfg = _run(path)
    _refuse_near_misses(cfg)
    if options:
        _merge(cfg, options)
    for boxes in _box_files(cfg.to_dict()):
        require_json_name(boxes)
    return cfg


def _run(path: str) -> Config:
    """Run a config and those that it is based on."""
    try:
        if path.endswith('.py') and Config._is_lazy_import(path):
            raise UserError(
                f'{path} is a config of the lazy kind, which imports its parts: name them as '
                "text (type='HeatmapHead') and its bases as _base_."
            )
        return Config.fromfile(path)
    except SyntaxError as error:
        name = path if error.filename in (None, '<unknown>') else error.filename
        raise UserError(
            f'{name}, line {error.lineno}, is not Python ({error.msg}): correct it.'
        ) from error
    except RecursionError as error:
        raise UserError(
            f'The config {path} is based on itself, or on one that is: correct its `_base_`.'
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(
            f'{_file_in_work(error) or path} is not text of UTF-8 ({error.reason} at byte '
            f'{error.start}): save it so.'
        ) from error
    except (OSError, ConfigParsingError) as error:
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
        if place is None and not _is_of_merging(error):
            raise
        what = place or f'The config {path}, with its `_base_` if it has one,'
        raise UserError(
            f'{what} fails with {type(error).__name__}: {error}; correct it.'
        ) from error


def _file_in_work(error: Exception) -> Optional[str]:
    """The config that mmengine was reading."""
    frames = [frame.f_locals for frame, _ in traceback.walk_tb(error.__traceback__)]
    names = [values['filename'] for values in frames if 'filename' in values]
    return str(names[-1]) if names else None


def _is_of_merging(error: Exception) -> bool:
    """Whether mmengine could not put a config and its bases together."""
    frame, _ = list(traceback.walk_tb(error.__traceback__))[-1]
    is_of_config = frame.f_globals.get('__name__', '').startswith('mmengine.config')
    return is_of_config and isinstance(
        error, (AttributeError, KeyError, TypeError, ValueError)
    )


def _refuse_near_misses(cfg: Config) -> None:
    """Refuse a misspelt name of what the runner reads, which it would pass over.

    Raises:
        UserError: There is one.
    """
    known = _read_names()
    long = [name for name in known if len(name) >= _LEAST_LETTERS]
    for name in set(cfg.keys()) - known:
        for near in difflib.get_close_matches(name, long, n=1, cutoff=_NEAR):
            raise UserError(
                f'The config {cfg.filename} has `{name}`, which nothing reads: write '
                f'`{near}`, or another name if it is your own.'
            )


def _read_names() -> set[str]:
    """Names of a config that mmengine's runner reads."""
    return {*inspect.signature(Runner).parameters, *_RUNNER_KEYS} - {'cfg'}


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
    known = {*cfg.keys(), *_read_names()}
    for key in options:
        name = key.split('.')[0]
        if name not in known:
            raise UserError(
                f'--cfg-options {key} changes nothing, because the config has no '
                f'`{name}`: {closest(name, known)}.'
            )
    before = cfg.to_dict()
    try:
        cfg.merge_from_dict(options)
    except (KeyError, TypeError) as error:
        raise UserError(
            f'--cfg-options does not fit the config: {error.args[0]}; correct the key.'
        ) from error
    for key in options:
        _refuse_if_copied(key, before, cfg.to_dict())


def _refuse_if_copied(key: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Refuse an option that changes a variable whose value is elsewhere by now.

    A config's text copies its variables to where they are read; what is merged later does
    not reach those places.

    Raises:
        UserError: The variable is such a one; it names the places.
    """
    name, *rest = key.split('.')
    if name in _read_names() or before.get(name) == after.get(name):
        return
    copies = list(_places(before, name, before.get(name)))
    if copies:
        keys = '.'.join(['', *rest])
        shown = ' and '.join(f'`{place}{keys}`' for place in copies[:3])
        raise UserError(
            f'--cfg-options {key} changes nothing that is read: `{name}` was copied when '
            f'the config was read; change {shown}.'
        )


def _places(content: dict[str, Any], name: str, value: Any) -> Iterator[str]:
    """Dotted keys of what the runner reads that hold a value, in order."""
    # numbers are equal by chance
    is_telling = isinstance(value, (dict, list, tuple, str)) and value

    def search(node: Any, path: str) -> Iterator[str]:
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        for key, child in pairs:
            own = f'{path}.{key}'
            if child == value and (is_telling or key == name):
                yield own
            elif isinstance(child, (dict, list, tuple)):
                yield from search(child, own)

    for top in _read_names() & set(content):
        if isinstance(content[top], (dict, list, tuple)):
            if content[top] == value and is_telling:
                yield top
            else:
                yield from search(content[top], top)


def imported_modules(cfg: Config) -> list[str]:
    """Modules that a config imports before its parts are built."""
    imports = (cfg.get('custom_imports') or {}).get('imports', [])
    return [imports] if isinstance(imports, str) else list(imports)


def require(cfg: Config, *keys: str) -> None:
    """Raise a :class:`UserError` for a key that the config lacks."""
    for key in keys:
        if cfg.get(key) is None:
            raise UserError(f'The config {cfg.filename} has no `{key}`: add it.')
