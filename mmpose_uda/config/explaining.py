"""Telling users' mistakes apart from bugs, in one sentence each."""

import difflib
import errno
import inspect
import re
import shutil
import traceback
from collections.abc import Callable
from contextlib import contextmanager
from typing import Iterable, Iterator, Optional
from urllib.error import URLError

import mmengine.registry
import mmpose.registry
from mmengine.config import Config, ConfigDict
from mmengine.registry import Registry

from mmpose_uda.bugs import is_bug
from mmpose_uda.errors import UserError, refusal

_UNKNOWN_PART = re.compile(r'(\S+) is not in the (?:(\w+)::)?([\w ]+?) registry')
_UNEXPECTED = re.compile(r"([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'")
_MISSING = re.compile(r'([\w.<>]+)\(\) missing \d+ required .*arguments?: (.+)')
_UNFIT = re.compile(
    r'shapes cannot be multiplied|size of tensor a|to have \d+ channels|size mismatch'
)
_FEW = 12  # names that are all listed when none is close
_DISK_FULL = (
    'No space left on device',
    'Disk quota exceeded',
    'PytorchStreamWriter failed writing',
    'iostream error',  # what torch.save makes of it
)


@contextmanager
def user_errors(cfg: Config) -> Iterator[None]:
    """Turn errors that a user caused into :class:`UserError`; bugs pass through."""
    try:
        yield
    except Exception as error:
        sentence = explain(error, cfg)
        if sentence is None:
            raise
        raise UserError(sentence) from error


def explain(error: Exception, cfg: Config) -> Optional[str]:
    """The sentence for an error that a user caused, or None.

    Args:
        error (Exception): What was raised while the config was built or run.
        cfg (Config): The config, to say where in it the mistake is.

    Returns:
        Optional[str]: File or key, and the remedy.
    """
    text = str(error.args[0]) if error.args else str(error)
    if isinstance(error, UserError):
        # torch raises a worker's error again with the worker's traceback before it
        return text.rsplit('UserError: ', 1)[-1].strip()
    if '/torch_' in text and any(sign in text for sign in _DISK_FULL):
        return (
            'The shared memory /dev/shm is full: enlarge it, or add --cfg-options '
            'train_dataloader.num_workers=0 val_dataloader.num_workers=0.'
        )
    if _is_disk_full(error):
        return _explain_disk_full(error, cfg)
    if isinstance(error, URLError):
        return _explain_download(error, cfg)
    if isinstance(error, AssertionError) and text.startswith('Annotation file'):
        return _explain_missing_data(text.split('`')[1], cfg)
    if isinstance(error, FileNotFoundError) and _reads_data(error):
        return _explain_missing_data(error.filename or text, cfg)
    if isinstance(error, FileNotFoundError) and text.endswith('can not be found.'):
        name = text.removesuffix(' can not be found.')
        return f'There is no checkpoint {name}: check the path.'
    if isinstance(error, OSError) and (sentence := refusal(error)) is not None:
        return sentence
    if _is_of_compilation(error):
        return (
            f'torch.compile cannot compile the training step ({_first_line(text)}): leave '
            f'`compile` out of {cfg.filename}.'
        )
    if isinstance(error, RuntimeError) and 'loaded state dict do not match' in text:
        return _explain_mismatch(text)
    if isinstance(error, KeyError) and (match := _UNKNOWN_PART.search(text)):
        return _explain_unknown_part(*match.groups(), cfg)
    if isinstance(error, TypeError) and (match := _UNEXPECTED.search(text)):
        return _explain_argument(error, *match.groups(), cfg)
    if isinstance(error, TypeError) and (match := _MISSING.search(text)):
        sentence = _explain_missing(error, *match.groups(), cfg)
        if sentence is not None:
            return sentence
    if isinstance(error, RuntimeError) and _UNFIT.search(text):
        return (
            f'The model of {cfg.filename} does not fit what its data give '
            f'({_first_line(text)}): correct the sizes of the model or of the pipeline.'
        )
    sentence = _explain_lack(error, cfg)
    if sentence is not None or is_bug(error):
        return sentence
    sentence = _explain_refusal(error, cfg)
    if sentence is None and isinstance(error, ImportError) and 'mmpose_uda' not in text:
        sentence = (
            f'A package is missing ({_first_line(text)}): install it, or leave out of '
            f'{cfg.filename} what needs it.'
        )
    return sentence or _explain_runner(error, cfg)


def closest(name: str, known: Iterable[str]) -> str:
    """A remedy for a misspelt name: the names it may have meant."""
    known = sorted(str(k) for k in known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if not near and len(known) > _FEW:
        return 'check its spelling'
    return 'use ' + ' or '.join(f'`{k}`' for k in near or known)


def _is_of_compilation(error: Exception) -> bool:
    """Whether torch.compile failed; not all releases that mmpose runs on have it."""
    modules = (kind.__module__ for kind in type(error).__mro__)
    return any(module.startswith('torch._dynamo') for module in modules)


def _first_line(text: str) -> str:
    return text.strip().partition('\n')[0].rstrip('.:')


def _is_disk_full(error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(sign in str(error) for sign in _DISK_FULL)


def _explain_disk_full(error: Exception, cfg: Config) -> str:
    place = getattr(error, 'filename', None) or cfg.get('work_dir') or '.'
    try:
        left = f', {shutil.disk_usage(place).free / 2**20:.0f} MiB left'
    except OSError:
        left = ''
    return (
        f'The disk is full or a quota is used up ({place}{left}): free some space and '
        'run the same command with --resume, which goes on from the last checkpoint.'
    )


def _explain_download(error: URLError, cfg: Config) -> str:
    where = _where(cfg, 'Pretrained') or cfg.filename
    return (
        f'Weights cannot be downloaded ({error.reason}): name a file that you have in '
        f'{where}, or None there to begin with random weights.'
    )


def _reads_data(error: Exception) -> bool:
    """Whether mmpose raised an error where it reads images or annotations."""
    modules = (
        frame.f_globals.get('__name__', '')
        for frame, _ in traceback.walk_tb(error.__traceback__)
    )
    return any(m.startswith(('mmpose.datasets.', 'mmpose.evaluation.')) for m in modules)


def _explain_missing_data(name: str, cfg: Config) -> str:
    return f'There is no file {name}: correct the paths of the data in {cfg.filename}.'


def _explain_mismatch(text: str) -> str:
    detail = ' '.join(text.split('\n\n', 1)[-1].split())
    return (
        'The checkpoint does not fit the model of the config '
        f'({detail[:160]}): give the config that it was trained with.'
    )


def _explain_unknown_part(
    name: str, scope: Optional[str], registry: str, cfg: Config
) -> str:
    known = set()
    for module in (mmpose.registry, mmengine.registry):
        for found in vars(module).values():
            if isinstance(found, Registry) and found.name == registry:
                known.update(_names(found))
    where = _where(cfg, name) or f'type={name!r}'
    if name in known:
        return (
            f'{where}: {name} is one of mmpose and the config is of another scope: write '
            f"type='mmpose.{name}', or default_scope = 'mmpose'."
        )
    return f'{where}: there is no {registry} {name}: {closest(name, known)}.'


def _names(registry: Registry) -> set[str]:
    """Names that a config may use: of the registry, its root and other scopes."""
    names = set(registry.module_dict)
    if registry.parent is not None:
        names.update(registry.parent.module_dict)
        for scope, sibling in registry.parent.children.items():
            if sibling is not registry:
                names.update(f'{scope}.{name}' for name in sibling.module_dict)
    return names


def _explain_argument(
    error: Exception, called: str, key: str, cfg: Config
) -> Optional[str]:
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    for frame in reversed(frames):
        values = frame.f_locals
        if frame.f_code.co_name == 'build_from_cfg' and key in values.get('args', ()):
            built = values['obj_cls']
            where = _where(cfg, built.__name__, key) or f'type={built.__name__!r}'
            return (
                f'{where}: {built.__name__} takes no `{key}`: '
                f'{closest(key, _parameters(built))}.'
            )
    if frames[-1].f_globals['__name__'].startswith('mmengine.runner.'):
        built = called.removesuffix('.__init__')
        return f'{built} takes no `{key}`: correct or remove it in {cfg.filename}.'
    return None


def _explain_missing(
    error: Exception, called: str, keys: str, cfg: Config
) -> Optional[str]:
    frame = list(traceback.walk_tb(error.__traceback__))[-1][0]
    if frame.f_code.co_name != 'build_from_cfg':
        return None
    name = frame.f_locals['obj_cls'].__name__
    where = _where(cfg, name) or f'type={name!r}'
    return f'{where}: {name} needs {keys}: add it to {cfg.filename}.'


def _explain_lack(error: Exception, cfg: Config) -> Optional[str]:
    """Of a dict of the config that lacks what is read off it, or the name of its class."""
    if isinstance(error, AttributeError) and isinstance(error.obj, ConfigDict):
        lacking, described = error.name, error.obj
    elif isinstance(error, KeyError) and 'must contain the key "type"' in str(error):
        frame, _ = list(traceback.walk_tb(error.__traceback__))[-1]
        lacking, described = 'type', frame.f_locals.get('cfg')
    else:
        return None
    where = _place(cfg, lambda part: part == described) or f'The config {cfg.filename}'
    return f'{where} has no `{lacking}`: add it.'


def _explain_refusal(error: Exception, cfg: Config) -> Optional[str]:
    """Of what a part of the config makes of its arguments, whatever it raises.

    Parts assert, or compute with a number until something breaks; where it was made is
    known in any case.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    being_built = [
        frame.f_locals['obj_cls']
        for frame in frames
        if frame.f_code.co_name == 'build_from_cfg' and 'obj_cls' in frame.f_locals
    ]
    if not being_built:
        return None
    built = being_built[-1]
    where = _where(cfg, built.__name__) or f'type={built.__name__!r}'
    reason = f'{type(error).__name__}: {_first_line(str(error))}'.rstrip(': ')
    return (
        f'{where}: {built.__name__} cannot be made of these arguments ({reason}): correct '
        'them.'
    )


def _explain_runner(error: Exception, cfg: Config) -> Optional[str]:
    """Of what mmengine's runner itself cannot use while it builds."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    steps = [
        frame.f_code.co_name
        for frame in frames
        if frame.f_globals.get('__name__') == 'mmengine.runner.runner'
    ]
    step = steps[-1] if steps else ''
    if not step.startswith(('build_', 'register_', '__init__', 'from_cfg', '_check_')):
        return None
    reason = f'{type(error).__name__}: {_first_line(str(error))}'
    what = step.removeprefix('build_').removeprefix('register_').strip('_')
    return (
        f'{cfg.filename}: the runner cannot be made with this {what} ({reason}): correct '
        'it.'
    )


def _parameters(built) -> set[str]:
    """Named parameters of a function, or of a class and all its parents."""
    makers = [c.__init__ for c in built.__mro__] if inspect.isclass(built) else [built]
    return {
        name
        for maker in makers
        for name, parameter in inspect.signature(maker).parameters.items()
        if name != 'self'
        and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }


def _where(cfg: Config, type_name: str, key: Optional[str] = None) -> str:
    """Dotted key of the first config dict of a type, with ``key`` in it if given."""
    name = type_name.rsplit('.', 1)[-1]

    def fits(part):
        kind = str(part.get('type', '')).rsplit('.', 1)[-1]
        return kind == name and (key is None or key in part)

    return _place(cfg, fits)


def _place(cfg: Config, fits: Callable[[dict], bool]) -> str:
    """Dotted key of the first dict of a config that fits; '' if none does."""

    def search(value, path):
        if isinstance(value, dict):
            if path and fits(value):
                return path
            items = value.items()
        elif isinstance(value, (list, tuple)):
            items = enumerate(value)
        else:
            return None
        found = (
            search(child, f'{path}.{name}' if path else str(name)) for name, child in items
        )
        return next((f for f in found if f), None)

    # what the runner reads, before helper variables of the config that repeat it
    keys = sorted(cfg.keys(), key=_READ_FIRST.__contains__, reverse=True)
    path = search({name: cfg[name] for name in keys}, '')
    return f'`{path}` in {cfg.filename}' if path else ''


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
