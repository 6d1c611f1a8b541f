"""Reading configs, and what every tool does with one before it builds anything."""

import importlib.util
import inspect
import os
import os.path as osp
import traceback
from collections.abc import Iterator
from typing import Any, Optional

import torch
from mmengine.config import Config
from mmengine.config.utils import ConfigParsingError
from mmengine.device import get_device
from mmengine.runner import Runner

from mmpose_uda.apis.errors import closest
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


def prepare_data(cfg: Config) -> None:
    """Make the built-in data that ``cfg.builtin_data`` names, unless it is there.

    Raises:
        UserError: ``builtin_data`` has a misspelt key.
    """
    if cfg.get('builtin_data') is None:
        return
    from mmpose_uda.datasets.builtin import ensure_builtin

    known = inspect.signature(ensure_builtin).parameters
    for key in cfg.builtin_data:
        if key not in known:
            raise UserError(
                f'`builtin_data` in {cfg.filename} has no `{key}`: '
                f'{closest(key, known)}.'
            )
    ensure_builtin(**cfg.builtin_data)


def require(cfg: Config, *keys: str) -> None:
    """Raise a :class:`UserError` for a key that the config lacks."""
    for key in keys:
        if cfg.get(key) is None:
            raise UserError(f'The config {cfg.filename} has no `{key}`: add it.')


def set_work_dir(cfg: Config, work_dir: Optional[str], suffix: str = '') -> None:
    """Argument before config before ``./work_dirs/<name of the config>``."""
    name = osp.splitext(osp.basename(cfg.filename))[0]
    default = cfg.get('work_dir') or osp.join('./work_dirs', name)
    cfg.work_dir = work_dir or default + suffix


def set_launcher(cfg: Config, launcher: str) -> None:
    """Choose between one process, NCCL on GPUs and gloo on CPUs.

    Raises:
        UserError: The launcher has not started this process, or started more processes
            than there are GPUs.
    """
    cfg.launcher = launcher
    if launcher == 'none':
        return
    if launcher == 'pytorch' and 'RANK' not in os.environ:
        raise UserError(
            '--launcher pytorch needs torchrun around it: use `bash '
            'tools/dist_train.sh CONFIG NPROC`.'
        )
    gpus = torch.cuda.device_count()
    local = int(os.environ.get('LOCAL_WORLD_SIZE', 1))
    if gpus >= local:
        cfg.merge_from_dict({'env_cfg.dist_cfg.backend': 'nccl'})
    elif gpus:
        raise UserError(
            f'{local} processes were started for {gpus} GPUs: start {gpus} or fewer.'
        )
    elif launcher != 'pytorch':
        raise UserError(
            f'--launcher {launcher} needs GPUs: without, use --launcher pytorch.'
        )
    elif get_device() == 'cpu':
        _start_gloo(cfg)


def _start_gloo(cfg: Config) -> None:
    """Where mmengine would ask for a GPU: the process group and the wrapper."""
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group('gloo')
    wrapper = cfg.get('model_wrapper_cfg') or dict(
        type='MMDistributedDataParallel',
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )
    wrapper.setdefault('device_ids', None)
    cfg.model_wrapper_cfg = wrapper


def drop_missing_backends(cfg: Config) -> None:
    """Leave out TensorBoard where it is not installed."""
    visualizer = cfg.get('visualizer') or {}
    if importlib.util.find_spec('tensorboard') is None and 'vis_backends' in visualizer:
        visualizer.vis_backends = [
            backend
            for backend in visualizer.vis_backends
            if backend['type'] != 'TensorboardVisBackend'
        ]
