"""Files of data sets, with errors that name them."""

import io
import json
import os.path as osp
from typing import Any, Callable

from mmengine import fileio

from mmpose_uda.errors import UserError
from mmpose_uda.safe_pickle import ListedUnpickler, Refused


def require_path(
    path: str, what: str, is_present: Callable[[str], bool] = osp.exists
) -> None:
    """Check that a path exists.

    Raises:
        UserError: It does not.
    """
    if is_present(path):
        return
    remedy = (
        'run `python tools/misc/make_builtin_data.py`'
        if 'builtin' in path
        else 'put it there, or correct `data_root`, `data_prefix` and `ann_file`'
    )
    raise UserError(f'The {what} `{path}` does not exist: {remedy}.')


def load_json(path: str) -> Any:
    """Load a JSON file, whatever its name ends in.

    mmengine's ``load`` goes by the name, and runs the code that a pickle or a YAML file
    holds.

    Raises:
        UserError: It is not valid JSON.
    """
    try:
        return json.loads(fileio.get(path))
    except ValueError as error:
        raise UserError(
            f'`{path}` is not valid JSON ({error}): half-written, or of another format? '
            'make it again, as JSON.'
        ) from error


def load_array_pickle(path: str) -> Any:
    """Load a pickle of NumPy arrays in dicts, lists and tuples; nothing in it is run.

    For data sets whose owners give out their annotations so.

    Raises:
        UserError: It is damaged, or names anything else.
    """
    file = io.BytesIO(fileio.get(path))
    try:
        return ListedUnpickler(file, encoding='latin1').load()
    except Refused as error:
        raise UserError(
            f'`{path}` refers to {error}, which is not run because it is no array: take '
            "the file that the data set's owners give out."
        ) from error
    except Exception as error:  # damaged pickles raise anything
        raise UserError(
            f'`{path}` is no pickle of arrays: half-written? unpack or download it again.'
        ) from error


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
