"""Unpickle with a short list of allowed names, refusing all others.

A pickle runs whatever functions it names; one that can name only the functions that
rebuild arrays is harmless data.
"""

import pickle
from typing import Any

import numpy as np


class Refused(pickle.UnpicklingError):
    """A file named something that is not on the list."""


def _latin1(text: str, encoding: str) -> bytes:
    """Stand in for ``_codecs.encode``, by which pickle protocol 2 stores bytes."""
    if encoding != 'latin1':
        raise Refused(f'the {encoding} codec')
    return text.encode('latin1')


def array_globals() -> dict[str, Any]:
    """Return what pickles of arrays, scalars, sets and numbers look up, by name.

    The functions that rebuild arrays are obtained from NumPy itself, which has moved them.
    """
    array = np.empty(0).__reduce__()[0]
    scalar = np.float64(0).__reduce__()[0]
    allowed = {
        '_codecs.encode': _latin1,
        'numpy.ndarray': np.ndarray,
        'numpy.dtype': np.dtype,
    }
    for builtins in ('builtins', '__builtin__'):
        for kind in (set, frozenset, complex, bytearray, slice, range):
            allowed[f'{builtins}.{kind.__name__}'] = kind
    for core in ('numpy.core', 'numpy._core'):
        allowed[f'{core}.multiarray._reconstruct'] = array
        allowed[f'{core}.multiarray.scalar'] = scalar
    return allowed


class ListedUnpickler(pickle.Unpickler):
    """An unpickler that knows only the names in ``allowed``, by default those of arrays."""

    allowed = array_globals()

    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle names.

        Raises:
            Refused: The name is not on the list.
        """
        try:
            return self.allowed[f'{module}.{name}']
        except KeyError:
            raise Refused(f'{module}.{name}') from None
