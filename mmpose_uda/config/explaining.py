"""Distinguish users' mistakes from bugs, and explain each mistake in one sentence."""

import errno
import inspect
import re
import shutil
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Optional
from urllib.error import URLError

import mmengine.registry
import mmpose.registry
from mmengine.config import Config, ConfigDict
from mmengine.registry import Registry

from mmpose_uda.bugs import is_bug
from mmpose_uda.config.places import (
    in_words,
    keys_that_fit,
    place_of,
    place_of_built,
    where,
)
from mmpose_uda.config.unfit_weights import unfit_weights
from mmpose_uda.errors import UserError, refusal
from mmpose_uda.near_names import closest, misspelt

_UNKNOWN_PART = re.compile(r'(\S+) is not in the (?:(\w+)::)?([\w ]+?) registry')
_UNEXPECTED = re.compile(r"([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'")
_MISSING = re.compile(r'([\w.<>]+)\(\) missing \d+ required .*arguments?: (.+)')
_UNFIT = re.compile(
    r'shapes cannot be multiplied|size of tensor a|to have \d+ channels|size mismatch'
)
# how mmengine's runner words a TypeError of a hook
_IN_HOOK = re.compile(r' in <(?:mmengine|mmpose)\.[\w.]*\.(?P<hook>\w+) object at \S+>$')
# functions of mmengine's runner that build a part of the config; its name follows the match
_MAKING = re.compile(r'(?:_?build|register|setup)_|(?=__init__|from_cfg|_check_)')
_BUILD = 'build_from_cfg'  # mmengine's function that builds a part
_DISK_FULL = (
    'No space left on device',
    'Disk quota exceeded',
    'PytorchStreamWriter failed writing',
    '. unexpected pos ',  # torch's position when the disk was full
    'iostream error',  # how torch.save reports it
)
_Explainer = Callable[[Exception, str, Config], Optional[str]]
"""Takes an error, its text and the config; gives a sentence, or None if it knows none."""


@contextmanager
def user_errors(cfg: Config) -> Iterator[None]:
    """Turn errors that a user caused into sentences; bugs pass through.

    Args:
        cfg (Config): The config that the block runs, in which the mistake is located.

    Raises:
        UserError: The user caused an error.
    """
    try:
        yield
    except Exception as error:
        sentence = explain(error, cfg)
        if sentence is None:
            raise
        raise UserError(sentence) from error


def explain(error: Exception, cfg: Config) -> Optional[str]:
    """Return the sentence for an error that a user caused, or None for a bug.

    Args:
        error (Exception): What was raised while the config was built or run.
        cfg (Config): The config, in which the mistake is located.

    Returns:
        Optional[str]: The file or key that is wrong, and the remedy.
    """
    text = str(error.args[0]) if error.args else str(error)
    if isinstance(error, UserError):
        # torch re-raises a worker's error with the worker's traceback before its text
        return text.rsplit('UserError: ', 1)[-1].strip()
    found = _first_of(_BY_KIND, error, text, cfg)
    if found is None and not is_bug(error):
        found = _first_of(_BY_PLACE, error, text, cfg)
    return found


def _first_of(
    explainers: Iterable[_Explainer], error: Exception, text: str, cfg: Config
) -> Optional[str]:
    sentences = (explainer(error, text, cfg) for explainer in explainers)
    return next((sentence for sentence in sentences if sentence is not None), None)


def _frames(error: Exception) -> list[FrameType]:
    """The frames that an error passed through, its origin last."""
    return [frame for frame, _ in traceback.walk_tb(error.__traceback__)]


def _first_line(text: str) -> str:
    return text.strip().partition('\n')[0].rstrip('.:')


def _explain_shared_memory(error: Exception, text: str, cfg: Config) -> Optional[str]:
    if '/torch_' not in text or not any(sign in text for sign in _DISK_FULL):
        return None
    return (
        'The shared memory /dev/shm is full: enlarge it, or add --cfg-options '
        'train_dataloader.num_workers=0 val_dataloader.num_workers=0.'
    )


def _explain_disk_full(error: Exception, text: str, cfg: Config) -> Optional[str]:
    is_told = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if not is_told and not any(sign in str(error) for sign in _DISK_FULL):
        return None
    place = getattr(error, 'filename', None) or cfg.get('work_dir') or '.'
    try:
        left = f', {shutil.disk_usage(place).free / 2**20:.0f} MiB left'
    except OSError:
        left = ''
    return (
        f'The disk is full or a quota is used up ({place}{left}): free some space and '
        'run the same command with --resume, which goes on from the last checkpoint.'
    )


def _explain_download(error: Exception, text: str, cfg: Config) -> Optional[str]:
    if not isinstance(error, URLError):
        return None
    place = where(cfg, 'Pretrained') or cfg.filename
    return (
        f'Weights cannot be downloaded ({error.reason}): name a local file in '
        f'{place}, or None there to begin with random weights.'
    )


def _explain_missing_file(error: Exception, text: str, cfg: Config) -> Optional[str]:
    """Explain that data or a checkpoint are missing."""
    name = None
    if isinstance(error, AssertionError) and text.startswith('Annotation file'):
        name = text.split('`')[1]
    elif isinstance(error, FileNotFoundError) and _reads_data(error):
        name = error.filename or text
    elif isinstance(error, FileNotFoundError) and text.endswith('can not be found.'):
        checkpoint = text.removesuffix(' can not be found.')
        return f'There is no checkpoint {checkpoint}: check the path.'
    if name is None:
        return None
    return f'There is no file {name}: correct the paths of the data in {cfg.filename}.'


def _reads_data(error: Exception) -> bool:
    """Whether mmpose raised an error where it reads images or annotations."""
    modules = (frame.f_globals.get('__name__', '') for frame in _frames(error))
    return any(m.startswith(('mmpose.datasets.', 'mmpose.evaluation.')) for m in modules)


def _explain_empty_data(error: Exception, text: str, cfg: Config) -> Optional[str]:
    named = [f for f in _frames(error) if f.f_code.co_name == '_serialize_data']
    if not isinstance(error, ValueError) or not named:
        return None
    name = type(named[-1].f_locals['self']).__name__
    place = place_of(cfg, name, 'indices')
    return f'{place}: this {name} has no samples: correct its `indices` or `ann_file`.'


def _explain_rights(error: Exception, text: str, cfg: Config) -> Optional[str]:
    return refusal(error) if isinstance(error, OSError) else None


def _explain_compilation(error: Exception, text: str, cfg: Config) -> Optional[str]:
    # by name, because not all releases that mmpose supports have torch._dynamo
    modules = (kind.__module__ for kind in type(error).__mro__)
    if not any(module.startswith('torch._dynamo') for module in modules):
        return None
    return (
        f'torch.compile cannot compile the training step ({_first_line(text)}): leave '
        f'`compile` out of {cfg.filename}.'
    )


def _explain_mismatch(error: Exception, text: str, cfg: Config) -> Optional[str]:
    if not isinstance(error, RuntimeError) or 'loaded state dict do not match' not in text:
        return None
    return (
        f'The checkpoint does not fit the model of the config ({unfit_weights(text)}): '
        'give the config that it was trained with.'
    )


def _explain_unknown_part(error: Exception, text: str, cfg: Config) -> Optional[str]:
    match = _UNKNOWN_PART.search(text)
    if not isinstance(error, KeyError) or match is None:
        return None
    name, _, registry = match.groups()
    known = set()
    for module in (mmpose.registry, mmengine.registry):
        for found in vars(module).values():
            if isinstance(found, Registry) and found.name == registry:
                known.update(_names(found))
    place = place_of(cfg, name)
    if name in known:
        return (
            f'{place}: {name} is in mmpose, but the config has another scope: write '
            f"type='mmpose.{name}', or default_scope = 'mmpose'."
        )
    return f'{place}: there is no {registry} {name}: {closest(name, known)}.'


def _names(registry: Registry) -> set[str]:
    """Names that a config may use: of the registry, its root and other scopes."""
    names = set(registry.module_dict)
    if registry.parent is not None:
        names.update(registry.parent.module_dict)
        for scope, sibling in registry.parent.children.items():
            if sibling is not registry:
                names.update(f'{scope}.{name}' for name in sibling.module_dict)
    return names


def _explain_argument(error: Exception, text: str, cfg: Config) -> Optional[str]:
    match = _UNEXPECTED.search(text)
    if not isinstance(error, TypeError) or match is None:
        return None
    called, key = match.groups()
    frames = _frames(error)
    for frame in reversed(frames):
        values = frame.f_locals
        if frame.f_code.co_name == _BUILD and key in values.get('args', ()):
            built = values['obj_cls']
            return (
                f'{place_of(cfg, built.__name__, key)}: {built.__name__} takes no '
                f'`{key}`: {closest(key, _parameters(built))}.'
            )
    if frames[-1].f_globals['__name__'].startswith('mmengine.runner.'):
        built = called.removesuffix('.__init__')
        return f'{built} takes no `{key}`: correct or remove it in {cfg.filename}.'
    return None


def _explain_missing_argument(error: Exception, text: str, cfg: Config) -> Optional[str]:
    match = _MISSING.search(text)
    if not isinstance(error, TypeError) or match is None:
        return None
    frame = _frames(error)[-1]
    if frame.f_code.co_name != _BUILD:
        return None
    name = frame.f_locals['obj_cls'].__name__
    return f'{place_of(cfg, name)}: {name} needs {match[2]}: add it to {cfg.filename}.'


def _explain_unfit_sizes(error: Exception, text: str, cfg: Config) -> Optional[str]:
    if not isinstance(error, RuntimeError) or not _UNFIT.search(text):
        return None
    return (
        f'The model of {cfg.filename} does not fit what its data give '
        f'({_first_line(text)}): correct the sizes of the model or of the pipeline.'
    )


def _explain_lack(error: Exception, text: str, cfg: Config) -> Optional[str]:
    """Explain that a dict of the config lacks an attribute that is read, or its class."""
    if isinstance(error, AttributeError) and isinstance(error.obj, ConfigDict):
        lacking, described = error.name, error.obj
    elif isinstance(error, KeyError) and 'must contain the key "type"' in text:
        lacking, described = 'type', _frames(error)[-1].f_locals.get('cfg')
    else:
        return None
    if not described:
        return None  # any empty dict would match
    keys = keys_that_fit(cfg, lambda part: part == described)
    if keys is None:
        return f'The config {cfg.filename} has no `{lacking}`: add it.'
    meant = _sibling(cfg, keys)
    remedy = f'use `{meant}`, or add it' if meant else 'add it'
    return f'{in_words(cfg, keys)} has no `{lacking}`: {remedy}.'


def _sibling(cfg: Config, keys: tuple) -> Optional[str]:
    """The name beside a place of the config that may have been meant instead."""
    *parents, name = keys
    node = cfg
    for key in parents:
        node = node[key]
    beside = set(node) - {name} if isinstance(node, dict) else ()
    return misspelt(name, beside)


def _explain_refusal(error: Exception, text: str, cfg: Config) -> Optional[str]:
    """Explain that a part of the config cannot use its arguments, whatever it raises.

    Parts assert, or compute with a number until something breaks; which part was being
    built is known in any case.
    """
    being_built = [
        frame.f_locals
        for frame in _frames(error)
        if frame.f_code.co_name == _BUILD and 'obj_cls' in frame.f_locals
    ]
    if not being_built:
        return None
    name, given = being_built[-1]['obj_cls'].__name__, being_built[-1]['args']
    return (
        f'{place_of_built(cfg, name, given)}: {name} cannot be made from these arguments '
        f'({_reason(error)}): correct them.'
    )


def _explain_missing_package(error: Exception, text: str, cfg: Config) -> Optional[str]:
    if not isinstance(error, ImportError) or 'mmpose_uda' in text:
        return None
    return (
        f'A package is missing ({_first_line(text)}): install it, or leave out of '
        f'{cfg.filename} what needs it.'
    )


def _explain_hook(error: Exception, text: str, cfg: Config) -> Optional[str]:
    """Explain an error of a hook of mmengine or mmpose that uses its values as it runs."""
    found = _IN_HOOK.search(text) if isinstance(error, TypeError) else None
    if found is None:
        return None
    return (
        f'{cfg.filename}: {found["hook"]} cannot run with the values that it has '
        f'({_first_line(text[: found.start()])}): correct them.'
    )


def _explain_runner(error: Exception, text: str, cfg: Config) -> Optional[str]:
    """Explain that mmengine's runner itself cannot use a value while it is built."""
    steps = [
        frame.f_code.co_name
        for frame in _frames(error)
        if frame.f_globals.get('__name__') == 'mmengine.runner.runner'
    ]
    step = steps[-1] if steps else ''
    making = _MAKING.match(step)
    if making is None:
        return None
    what = step[making.end() :].strip('_')
    return (
        f'{cfg.filename}: the runner cannot be made with this {what} ({_reason(error)}): '
        'correct it.'
    )


def _reason(error: Exception) -> str:
    return f'{type(error).__name__}: {_first_line(str(error))}'.rstrip(': ')


_BY_KIND: tuple[_Explainer, ...] = (
    _explain_shared_memory,  # before the disk, because it has the same signs
    _explain_disk_full,
    _explain_download,
    _explain_missing_file,
    _explain_empty_data,
    _explain_rights,
    _explain_compilation,
    _explain_mismatch,
    _explain_unknown_part,
    _explain_argument,
    _explain_missing_argument,
    _explain_unfit_sizes,
    _explain_lack,
    _explain_hook,
)
"""Recognised by their type and text, wherever they were raised."""

_BY_PLACE: tuple[_Explainer, ...] = (
    _explain_refusal,
    _explain_missing_package,
    _explain_runner,
)
"""Recognised only by where they were raised: bugs, if not excluded, would match too."""


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
