"""Files of data sets, with errors that name them."""

import os.path as osp
from typing import Any, Callable

from mmengine.fileio import load

from mmpose_uda.errors import UserError


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
    """Load a JSON file.

    Raises:
        UserError: It is not valid JSON.
    """
    try:
        return load(path)
    except ValueError as error:
        raise UserError(
            f'`{path}` is not valid JSON ({error}): half-written? make it again.'
        ) from error
