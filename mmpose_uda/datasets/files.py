"""Files of data sets, with errors that name them."""

import io
import json
import os
import os.path as osp
import zipfile
import zlib
from typing import Any, BinaryIO, Callable

import numpy as np
import yaml
from mmengine import fileio

from mmpose_uda.errors import UserError
from mmpose_uda.safe_pickle import ListedUnpickler, Refused

_NPY_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def require_path(
    path: str,
    what: str,
    is_present: Callable[[str], bool] = osp.exists,
    keys: str = '`data_root`, `data_prefix` and `ann_file`',
) -> None:
    """Check that a path exists.

    Args:
        path (str): It.
        what (str): What is there.
        is_present (Callable): Whether it is.
        keys (str): What a config names it by; commands have arguments for it.

    Raises:
        UserError: It does not.
    """
    if is_present(path):
        return
    remedy = (
        'run `mmpose_uda make-data`'
        if 'builtin' in path
        else f'put it there, or correct its path, in a config {keys}'
    )
    beside = '' if osp.isabs(path) or '://' in path else f' in {os.getcwd()}'
    raise UserError(f'The {what} `{path}` does not exist{beside}: {remedy}.')


def load_json(path: str) -> Any:
    """Load a JSON file, whatever its name ends in.

    mmengine's ``load`` goes by the name, and runs the code that a pickle or a YAML file
    holds.

    Raises:
        UserError: It is not valid JSON, or lists within lists too deep to be read.
    """
    try:
        return json.loads(fileio.get(path))
    except (ValueError, RecursionError) as error:
        raise UserError(
            f'`{path}` is not valid JSON ({error}): half-written, or of another format? '
            'make it again, as JSON.'
        ) from error


def load_array_pickle(path: str) -> Any:
    """Load a pickle of arrays, numbers, text and plain containers; nothing in it is run.

    For data sets whose owners give out their annotations so. Python 2's bytes become text
    of the same code points.

    Raises:
        UserError: It is damaged, or holds or names anything else.
    """
    return _unpickled(io.BytesIO(fileio.get(path)), path)


def load_npy(path: str) -> np.ndarray:
    """Load an array of a .npy file, which is a pickle where its items are objects.

    Raises:
        UserError: It is no such file, damaged, or holds or names what
            :func:`load_array_pickle` refuses.
    """
    file = io.BytesIO(fileio.get(path))
    try:
        version = np.lib.format.read_magic(file)
        dtype = _NPY_HEADERS[version](file)[2]
        if not dtype.hasobject:
            file.seek(0)
            return np.load(file, allow_pickle=False)
    except (ValueError, KeyError, EOFError, OSError) as error:
        raise _damaged(path, 'NumPy array') from error
    array = _unpickled(file, path)  # np.load would run what it names
    if not isinstance(array, np.ndarray):
        raise _damaged(path, 'NumPy array')
    return array


def load_npz(path: str, name: str) -> np.ndarray:
    """Load one array of an .npz file; the others are not decompressed.

    Raises:
        OSError: There is no such file.
        UserError: It is no such file, damaged, has no array of the name, or one that is a
            pickle.
    """
    content = io.BytesIO(fileio.get(path))
    try:
        with np.lib.npyio.NpzFile(content, own_fid=True) as file:
            return file[name]
    except (
        ValueError,
        KeyError,
        EOFError,
        OSError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise _damaged(path, f'file of NumPy arrays with `{name}`') from error


def load_hdf5(path: str, *names: str) -> tuple[np.ndarray, ...]:
    """Load arrays of an HDF5 file, which MATLAB's files are from version 7.3 on.

    Axes are the other way round than in MATLAB.

    Raises:
        UserError: It is no such file, damaged, or has no array of a name; h5py is missing.
    """
    try:
        import h5py
    except ImportError as error:
        raise UserError(
            f'`{path}` is an HDF5 file, which h5py reads: `pip install h5py`.'
        ) from error
    try:
        with h5py.File(io.BytesIO(fileio.get(path)), 'r') as file:
            return tuple(np.asarray(file[name]) for name in names)
    except MemoryError:
        raise
    except Exception as error:  # damaged files raise anything
        names = ', '.join(f'`{name}`' for name in names)
        raise _damaged(path, f'HDF5 file with {names}') from error


def load_yaml(path: str) -> Any:
    """Load a YAML file of plain values; nothing that it names is made or run.

    mmengine's ``load`` makes the Python objects that a YAML file names.

    Raises:
        UserError: It is not valid YAML, or names anything else.
    """
    try:
        return yaml.safe_load(fileio.get(path))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _damaged(path, 'YAML file of plain values') from error


def _unpickled(file: BinaryIO, path: str) -> Any:
    try:
        return ListedUnpickler(file, encoding='latin1').load()
    except Refused as error:
        raise UserError(
            f'`{path}` refers to {error}, which is not run because it is neither an array '
            "nor a plain container: take the file that the data set's owners give out."
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # damaged pickles raise anything
        raise _damaged(path, 'pickle of arrays') from error


def _damaged(path: str, what: str) -> UserError:
    return UserError(
        f'`{path}` is no {what}, or is damaged or cut short: unpack or download it again.'
    )


def require_json_name(path: str) -> None:
    """Refuse a file that mmengine's ``load`` would not take for JSON.

    For what mmpose itself loads.

    Raises:
        UserError: Its name does not end in .json.
    """
    if not path.endswith('.json'):
        raise UserError(
            f'`{path}` is not named as JSON, and other formats may run code: save it as '
            '.json.'
        )
