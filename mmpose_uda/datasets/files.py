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
        path (str): The path.
        what (str): What it is the path of, for the message.
        is_present (Callable): Returns whether a path exists.
        keys (str): The keys that set it in a config, for the message.

    Raises:
        UserError: It does not exist.
    """
    if is_present(path):
        return
    remedy = (
        'run `mmpose_uda make-data`'
        if 'builtin' in path
        else f'put it there, or correct its path (in a config: {keys})'
    )
    beside = '' if osp.isabs(path) or '://' in path else f' in {os.getcwd()}'
    raise UserError(f'The {what} `{path}` does not exist{beside}: {remedy}.')


def load_json(path: str) -> Any:
    """Load a JSON file, whatever its suffix.

    mmengine's ``load`` goes by the suffix, and runs the code in a pickle or YAML file.

    Raises:
        UserError: It is not valid JSON, or is nested too deeply to be read.
    """
    try:
        return json.loads(fileio.get(path))
    except (ValueError, RecursionError) as error:
        raise UserError(
            f'`{path}` is not valid JSON ({error}): it may be half-written or in another '
            'format; write it again as JSON.'
        ) from error


def load_array_pickle(path: str) -> Any:
    """Load a pickle of arrays, numbers, text and plain containers; nothing in it is run.

    Some data sets distribute their annotations as pickles. Python 2's bytes become text
    with the same code points.

    Raises:
        UserError: It is damaged, or contains or refers to anything else.
    """
    return _unpickled(io.BytesIO(fileio.get(path)), path)


def load_npy(path: str) -> np.ndarray:
    """Load the array of a .npy file, which is a pickle if its items are objects.

    Raises:
        UserError: It is not a .npy file, is damaged, or contains or refers to what
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
        raise _damaged(path, 'a NumPy array') from error
    array = _unpickled(file, path)  # np.load would run what it refers to
    if not isinstance(array, np.ndarray):
        raise _damaged(path, 'a NumPy array')
    return array


def load_npz(path: str, name: str) -> np.ndarray:
    """Load one array of an .npz file; the others are not decompressed.

    Raises:
        OSError: The file does not exist.
        UserError: It is not an .npz file, is damaged, lacks the array, or the array is a
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
        raise _damaged(path, f'a file of NumPy arrays with `{name}`') from error


def load_hdf5(path: str, *names: str) -> tuple[np.ndarray, ...]:
    """Load arrays of an HDF5 file, such as MATLAB's from version 7.3 on.

    The order of axes is reversed with respect to MATLAB.

    Raises:
        UserError: It is not an HDF5 file, is damaged or lacks an array; or h5py is missing.
    """
    try:
        import h5py
    except ImportError as error:
        raise UserError(
            f'`{path}` is an HDF5 file, which needs h5py: `pip install h5py`.'
        ) from error
    try:
        with h5py.File(io.BytesIO(fileio.get(path)), 'r') as file:
            return tuple(np.asarray(file[name]) for name in names)
    except MemoryError:
        raise
    except Exception as error:  # damaged files raise anything
        names = ', '.join(f'`{name}`' for name in names)
        raise _damaged(path, f'an HDF5 file with {names}') from error


def load_yaml(path: str) -> Any:
    """Load a YAML file of plain values; nothing that it refers to is constructed or run.

    mmengine's ``load`` constructs the Python objects that a YAML file refers to.

    Raises:
        UserError: It is not valid YAML, or refers to anything else.
    """
    try:
        return yaml.safe_load(fileio.get(path))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _damaged(path, 'a YAML file of plain values') from error


def _unpickled(file: BinaryIO, path: str) -> Any:
    try:
        return ListedUnpickler(file, encoding='latin1').load()
    except Refused as error:
        raise UserError(
            f'`{path}` refers to {error}, which is not run because it is neither an array '
            "nor a plain container: use the file that the data set's owners distribute."
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # damaged pickles raise anything
        raise _damaged(path, 'a pickle of arrays') from error


def _damaged(path: str, what: str) -> UserError:
    return UserError(
        f'`{path}` is not {what}, or is damaged or cut short: unpack or download it again.'
    )


def require_json_name(path: str) -> None:
    """Refuse a file that mmengine's ``load`` would not read as JSON.

    For files that mmpose itself loads.

    Raises:
        UserError: Its name does not end in .json.
    """
    if not path.endswith('.json'):
        raise UserError(
            f'`{path}` is not named as JSON, and loading other formats may run code: save '
            'it as .json.'
        )
