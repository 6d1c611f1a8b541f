"""Pickles that a public data set prescribes, read without running code from them.

A pickle names functions that it wants called. Here it gets NumPy's arrays and scalars and
builtin containers, and nothing else.
"""

import pickle
from typing import Any, BinaryIO

import numpy as np

from mmpose_uda.errors import UserError

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class _Refused(pickle.UnpicklingError):
    """A pickle named something that is not on the list."""


def _latin1(text: str, encoding: str) -> bytes:
    """Stand in for ``_codecs.encode``: how pickle protocol 2 stores bytes."""
    if encoding != 'latin1':
        raise _Refused(f'the {encoding} codec')
    return text.encode('latin1')


def _allowed_globals() -> dict[str, Any]:
    """Name -> object; NumPy's rebuilders are asked from NumPy, which moved them."""
    allowed = {
        '_codecs.encode': _latin1,
        'numpy.ndarray': np.ndarray,
        'numpy.dtype': np.dtype,
    }
    for core in ('numpy.core', 'numpy._core'):
        allowed[f'{core}.multiarray._reconstruct'] = np.empty(0).__reduce__()[0]
        allowed[f'{core}.multiarray.scalar'] = np.float64(0).__reduce__()[0]
    for builtins in ('builtins', '__builtin__'):
        for kind in (set, frozenset, complex, bytearray, slice, range):
            allowed[f'{builtins}.{kind.__name__}'] = kind
    return allowed


class _Unpickler(pickle.Unpickler):
    """An unpickler that knows the allowed globals and no others."""

    _allowed = _allowed_globals()

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._allowed[f'{module}.{name}']
        except KeyError:
            raise _Refused(f'{module}.{name}') from None


def load_pickle(path: str) -> Any:
    """Load a pickle of arrays, numbers, text and builtin containers.

    Args:
        path (str): The file. Python 2's bytes become text of the same code points.

    Raises:
        UserError: The pickle is damaged, or holds or names anything else.
    """
    with open(path, 'rb') as file:
        return _unpickled(file, path)


def load_npy(path: str) -> np.ndarray:
    """Load an array of a .npy file, which is a pickle where its items are objects.

    Raises:
        UserError: It is no such file, damaged, or holds or names what
            :func:`load_pickle` refuses.
    """
    with open(path, 'rb') as file:
        try:
            version = np.lib.format.read_magic(file)
            dtype = _HEADERS[version](file)[2]
            if not dtype.hasobject:
                file.seek(0)
                return np.load(file, allow_pickle=False)
        except (ValueError, KeyError, EOFError, OSError) as error:
            raise _damaged(path, 'NumPy array') from error
        array = _unpickled(file, path)
    if not isinstance(array, np.ndarray):
        raise _damaged(path, 'NumPy array')
    return array


def _unpickled(file: BinaryIO, path: str) -> Any:
    try:
        return _Unpickler(file, encoding='latin1').load()
    except _Refused as error:
        raise UserError(
            f'`{path}` refers to {error}, which is not run because it is neither an array '
            "nor a plain container: is it the data set's own file?"
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # damaged bytes are instructions as any others
        raise _damaged(path, 'pickle') from error


def _damaged(path: str, what: str) -> UserError:
    return UserError(
        f'`{path}` is no {what}, or is damaged or cut short: download or unpack it again.'
    )
