"""Distinguish bugs of this package from mistakes in what it was given.

If a part cannot be built or a transform fails, the cause is most often a value that the
user chose, so the error is reported in one sentence. Some errors no value can cause.
"""

import re
import traceback
from types import FrameType, FunctionType, ModuleType
from typing import Any, Optional

_LOOKUPS = ('__getattr__', '__getattribute__')
_NO_VALUE_CAUSES = (AssertionError, NameError, NotImplementedError)
_OF_CALLS = re.compile(
    r'(?<!__init__)\(\) (?:missing|got an unexpected keyword)'
    r'|\(\) takes |\(\) got multiple values'
)
# a config makes no tensors or arrays, and chooses no attributes of this package
_NOT_OF_CONFIGS = ('mmpose_uda', 'torch', 'numpy')


def is_bug(error: BaseException) -> bool:
    """Return whether this package's code is at fault, whatever it was given.

    It is if it raised the error itself by using a name that does not exist, calling one of
    its functions with arguments it does not take, or reading an attribute that the value
    never has. A missing attribute is the user's mistake if the value is a plain one, found
    among the arguments of the part that was being built or in the sample that a transform
    received.

    Args:
        error (BaseException): The error as caught.

    Returns:
        bool: False if what the user gave may just as well be the cause.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    while frames and frames[-1].f_code.co_name in _LOOKUPS:
        frames.pop()
    if not frames or not _is_ours(frames[-1].f_globals.get('__name__')):
        return False
    if isinstance(error, AttributeError):
        return _is_never_given(error.obj, frames)
    if isinstance(error, TypeError):
        return bool(_OF_CALLS.search(str(error)))
    return isinstance(error, _NO_VALUE_CAUSES)


def _is_ours(module: Optional[str]) -> bool:
    return f'{module}.'.startswith('mmpose_uda.')


def _is_never_given(value: Any, frames: list[FrameType]) -> bool:
    if isinstance(value, (ModuleType, FunctionType)):
        return True
    package = type(value).__module__.partition('.')[0]
    if package != 'builtins':
        return package in _NOT_OF_CONFIGS
    return not any(_holds(given, value) for given in map(_given_to, frames))


def _given_to(frame: FrameType) -> Any:
    """The arguments that a part is built from, or the sample that a transform receives."""
    name, values = frame.f_code.co_name, frame.f_locals
    if name == 'build_from_cfg':
        return values.get('args')
    return values.get('results') if name == 'transform' else ()


def _holds(container: Any, value: Any) -> bool:
    """Whether a value is somewhere in nested dicts and lists."""
    if container is value:
        return True
    if isinstance(container, dict):
        return any(_holds(item, value) for item in container.values())
    if isinstance(container, (list, tuple)):
        return any(_holds(item, value) for item in container)
    return type(container) is type(value) and bool(container == value)
