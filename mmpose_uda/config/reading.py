"""Reading configs."""

import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from mmengine.config import Config
from mmengine.config.utils import ConfigParsingError

from mmpose_uda.config.finding import find_config
from mmpose_uda.config.names import LOADERS, check_kinds, refuse_near_misses
from mmpose_uda.config.overrides import merge
from mmpose_uda.config.ranges import check_ranges
from mmpose_uda.config.step import complete_step_hook
from mmpose_uda.datasets.files import require_json_name
from mmpose_uda.errors import UserError


def load_config(path: str, options: Optional[dict[str, Any]] = None) -> Config:
    """Read a config and merge overrides into it.

    Files beside the config can be imported by its ``custom_imports``, in whichever folder a
    command is started.

    Args:
        path (str): A text config, as :func:`find_config` finds it.
        options (dict, optional): Dotted key -> value, as from ``--cfg-options``.

    Returns:
        Config: The config.

    Raises:
        UserError: The file is missing, does not run or is of mmengine's lazy kind, a name
            in it is nearly one that the runner reads, an override changes nothing, a
            number is out of range, or boxes are in a file that is not JSON.
    """
    cfg = _run(find_config(path))
    refuse_near_misses(cfg)
    if options:
        merge(cfg, options)
    check_kinds(cfg)
    check_ranges(cfg)
    complete_step_hook(cfg)
    drop_options_of_workers(cfg)
    for boxes in _box_files(cfg.to_dict()):
        require_json_name(boxes)
    return cfg


def tested_network(cfg: Config) -> Optional[str]:
    """The network of an adaptation that is tested, 'teacher' or 'student'; None for others.

    Args:
        cfg (Config): Config with a ``model``.
    """
    return cfg.model.get('test_network', 'teacher') if 'estimator' in cfg.model else None


def _run(path: str) -> Config:
    """Run a config and those that it is based on."""
    beside = str(Path(path).resolve().parent)
    if beside not in sys.path:
        sys.path.append(beside)  # last, so that nothing there hides what is installed
    try:
        if path.endswith('.py') and Config._is_lazy_import(path):
            raise UserError(
                f'{path} is a config of the lazy kind, which imports its parts: name them '
                "as text (type='HeatmapHead'), and what it is based on as _base_."
            )
        return Config.fromfile(path)
    except SyntaxError as error:
        name = path if error.filename in (None, '<unknown>') else error.filename
        raise UserError(
            f'{name}, line {error.lineno}, is not Python ({error.msg}): correct it.'
        ) from error
    except RecursionError as error:
        raise UserError(
            f'The config {path} is based on itself, or on one that is: '
            'correct its `_base_`.'
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(
            f'{_file_in_work(error) or path} is not UTF-8 text ({error.reason} at byte '
            f'{error.start}): save it as UTF-8.'
        ) from error
    except (OSError, ConfigParsingError) as error:
        raise UserError(
            f'The config {path} cannot be read: {error}; correct its `_base_`.'
        ) from error
    except ImportError as error:
        raise UserError(
            f'The config {path} imports something that is missing '
            f'({error.__cause__ or error}): correct its `custom_imports`, or put your own '
            'file beside the config.'
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
    """The path of the config that mmengine was reading."""
    frames = [frame.f_locals for frame, _ in traceback.walk_tb(error.__traceback__)]
    names = [values['filename'] for values in frames if 'filename' in values]
    return str(names[-1]) if names else None


def _is_of_merging(error: Exception) -> bool:
    """Whether mmengine could not put a config and its bases together."""
    frame, _ = list(traceback.walk_tb(error.__traceback__))[-1]
    # the latter imports what `custom_imports` names
    places = ('mmengine.config', 'mmengine.utils.misc')
    is_of_config = frame.f_globals.get('__name__', '').startswith(places)
    return is_of_config and isinstance(
        error, (AttributeError, KeyError, TypeError, ValueError)
    )


def drop_options_of_workers(cfg: Config) -> None:
    """Drop the options of workers if there are none, which torch would refuse."""
    for name in LOADERS:
        loader = cfg.get(name)
        if isinstance(loader, dict) and loader.get('num_workers') == 0:
            loader['persistent_workers'] = False
            loader.pop('prefetch_factor', None)


def _box_files(node: Any) -> Iterator[str]:
    """Yield the files that the data sets of a config load boxes from."""
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


def require(cfg: Config, *keys: str) -> None:
    """Raise a :class:`UserError` for a key that the config lacks."""
    for key in keys:
        if cfg.get(key) is None:
            raise UserError(f'The config {cfg.filename} has no `{key}`: add it.')


def require_phases(cfg: Config) -> None:
    """Raise a :class:`UserError` for a config that does not train in phases."""
    if 'phases' not in (cfg.get('train_cfg') or {}):
        raise UserError(
            f'{cfg.filename} trains in no phases: name a config whose `train_cfg` is a '
            'PhasedTrainLoop.'
        )


def require_data(cfg: Config) -> None:
    """Raise a :class:`UserError` for a loader of the config that loads nothing."""
    for name in LOADERS:
        if cfg.get(name) is not None and not cfg[name].get('dataset'):
            raise UserError(
                f'`{name}` of the config {cfg.filename} has no `dataset`: describe its '
                'data there, as dict(type=..., data_root=..., pipeline=[...]).'
            )
