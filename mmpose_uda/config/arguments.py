"""Check the arguments of a config's parts against their type annotations."""

import inspect
import textwrap
import types
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, Optional, Union

import mmengine.registry
import mmpose.registry
from mmengine.config import Config
from mmengine.registry import Registry
from mmengine.runner import LogProcessor
from torch.nn.utils import clip_grad_norm_

from mmpose_uda.config.names import read_names
from mmpose_uda.errors import UserError
from mmpose_uda.near_names import closest

# Packages whose annotations are known to be right; those of others may be anything.
_PACKAGES = ('mmengine', 'mmpose', 'mmpose_uda', 'torch')
_NUMBER, _TEXT, _NONE = 'a number', 'text', 'None'
# annotations of OpenMMLab say dict where a list of dicts is meant, and the other way round
_NESTED = 'a dict or list'
_KINDS: dict[Any, str] = {
    bool: _NUMBER,
    int: _NUMBER,
    float: _NUMBER,
    str: _TEXT,
    dict: _NESTED,
    list: _NESTED,
    tuple: _NESTED,
    type(None): _NONE,
}

_WIDTH = 100  # characters of a value in a message
# No registry builds these: they are called with the arguments in the config.
_FUNCTIONS: dict[str, Callable] = {'optim_wrapper.clip_grad': clip_grad_norm_}

# keys that mmengine's optimizer constructors read, which accept any dict
_CONSTRUCTORS = ('None', 'DefaultOptimWrapperConstructor', 'StudentOptimWrapperConstructor')
_PARAMWISE = (
    'bias_decay_mult',
    'bias_lr_mult',
    'bypass_duplicate',
    'custom_keys',
    'dcn_offset_lr_mult',
    'dwconv_decay_mult',
    'flat_decay_mult',
    'norm_decay_mult',
)


def check_arguments(cfg: Config) -> None:
    """Refuse values of another kind than a part's annotations, such as a number for text.

    Raises:
        UserError: There are some; it names the key of the first one.
    """
    content = cfg.to_dict()
    for name in sorted(read_names() & set(content)):
        for path, part in _parts(content[name], name):
            _check_part(cfg, path, part)


def _parts(node: Any, path: str) -> Iterator[tuple[str, dict]]:
    """Yield every dict with its dotted key."""
    if isinstance(node, dict):
        yield path, node
        pairs: Any = node.items()
    elif isinstance(node, (list, tuple)):
        pairs = enumerate(node)
    else:
        return
    for name, child in pairs:
        yield from _parts(child, f'{path}.{name}')


def _check_part(cfg: Config, path: str, part: dict) -> None:
    if path in _FUNCTIONS and part.get('type', 'norm') == 'norm':
        taker = _FUNCTIONS[path]
        names = {*inspect.signature(taker).parameters, 'type'} - {'parameters'}
        _check_names(cfg, path, part, names)
    if path == 'optim_wrapper.paramwise_cfg':
        constructor = str(cfg.optim_wrapper.get('constructor')).rpartition('.')[2]
        if constructor in _CONSTRUCTORS:
            _check_names(cfg, path, part, _PARAMWISE)
    takers = _takers(path, part)
    for name, value in part.items():
        allowed = [_allowed(taker, name) for taker in takers]
        if value is None and not all(map(_is_ours, takers)):
            continue  # annotations of others omit None even if it is accepted
        if not allowed or any(_fits(value, one) for one in allowed):
            continue
        kinds = ' or '.join(dict.fromkeys(k for one in allowed for k in _names(one)))
        raise UserError(
            f'`{path}.{name}` of the config {cfg.filename} is {_shown(value)}: let it be '
            f'{kinds}, as {takers[0].__name__} takes it.'
        )


def _check_names(cfg: Config, path: str, part: dict, known: Collection[str]) -> None:
    for name in sorted(map(str, set(part) - set(known))):
        raise UserError(
            f'`{path}` of the config {cfg.filename} has `{name}`, which nothing reads: '
            f'{closest(name, known)}.'
        )


def _takers(path: str, part: dict) -> list[Callable]:
    """What the arguments of a part may be passed to: the classes of its name."""
    if path in _FUNCTIONS:
        return [_FUNCTIONS[path]]
    if path == 'log_processor' and 'type' not in part:
        return [LogProcessor]
    kind = part.get('type')
    if not isinstance(kind, str):
        return []
    name = kind.rpartition('.')[2]
    found = [one.module_dict[name] for one in _registries() if name in one.module_dict]
    known = [one for one in found if one.__module__.partition('.')[0] in _PACKAGES]
    return list(dict.fromkeys(known)) if len(known) == len(found) else []


def _is_ours(taker: Callable) -> bool:
    return taker.__module__.partition('.')[0] == 'mmpose_uda'


def _registries() -> Iterator[Registry]:
    for module in (mmpose.registry, mmengine.registry):
        yield from (one for one in vars(module).values() if isinstance(one, Registry))


def _allowed(taker: Callable, name: str) -> Any:
    """The type of an argument, as annotated in a class or its first parent that has it."""
    makers = [c.__init__ for c in taker.__mro__] if inspect.isclass(taker) else [taker]
    for maker in makers:
        if name in getattr(maker, '__annotations__', {}):
            try:
                found = typing.get_type_hints(maker)[name]
            except (NameError, TypeError):
                return Any
            is_optional = inspect.signature(maker).parameters[name].default is None
            return Optional[found] if is_optional else found
    return Any


def _fits(value: Any, allowed: Any) -> bool:
    """Whether a value is of a type, as far as the plain values of a config show."""
    kind = _KINDS.get(type(value))
    origin = typing.get_origin(allowed) or allowed
    if kind is None:
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in typing.get_args(allowed))
    kinds = _kinds_of(origin)
    if kinds is None:
        return True
    if kind not in kinds:
        return False
    inner = typing.get_args(allowed)
    if isinstance(value, (list, tuple)) and len(inner) == 1:
        return all(_fits(one, inner[0]) for one in value)
    if isinstance(value, dict) and len(inner) == 2:
        return all(_fits(one, inner[1]) for one in value.values())
    return True


def _kinds_of(origin: Any) -> Optional[set[str]]:
    """The kinds of plain values that a type stands for; None if it may be any."""
    if origin in _KINDS:
        return {_KINDS[origin]}
    if origin is PathLike or getattr(origin, '__module__', '') == 'pathlib':
        return {_TEXT}
    if not inspect.isclass(origin):
        return None
    is_nested = issubclass(origin, (Mapping, Sequence))
    return {_NESTED} if is_nested or origin is Iterable else None


def _names(allowed: Any) -> list[str]:
    """Describe a type in words."""
    origin = typing.get_origin(allowed) or allowed
    if origin in (Union, types.UnionType):
        return [name for one in typing.get_args(allowed) for name in _names(one)]
    kinds = _kinds_of(origin) or set()
    if _NESTED in kinds:
        return ['a dict' if issubclass(origin, Mapping) else 'a list']
    return sorted(kinds)


def _shown(value: Any) -> str:
    return textwrap.shorten(repr(value), _WIDTH, placeholder=' ...')
