"""Bugs of this package, told apart from what it was given.

A part that cannot be built, or a transform that fails, is most often a value of the user's:
whatever is raised then is told in a sentence. Some errors no value can cause.
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
# a config makes no tensors and arrays, and chooses no attributes of ours
_NOT_OF_CONFIGS = ('mmpose_uda', 'torch', 'numpy')


def is_bug(error: BaseException) -> bool:
    """Whether this package's code is wrong, whatever it was given.

    That is: it raised the error itself, and it names what is not there, calls one of its
    functions as that is not called, or asks a value for what it never has. The latter is a
    mistake of the user where the value is plain and is among the arguments of the part
    that was being built, or in the sample that a transform took.

    Args:
        error (BaseException): As it was caught.

    Returns:
        bool: False where it may as well be what the user gave.
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
    """What a part is built of or a transform takes."""
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
