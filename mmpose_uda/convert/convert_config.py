"""Write the config that adapts a stock config (``tools/misc/convert_config.py``)."""

import os
from pathlib import Path
from typing import Optional

from mmpose_uda.config import check_fit, load_config, user_errors
from mmpose_uda.convert.adapted_text import adapted_text
from mmpose_uda.convert.source_folder import find_source
from mmpose_uda.convert.stock_config import examine
from mmpose_uda.datasets.image_folder import (
    BOXES_FILE,
    find_images,
    load_boxes,
    require_near_boxes,
)
from mmpose_uda.errors import UserError, writing
from mmpose_uda.whole_files import write_whole


def convert_config(
    base: str, target: str, source: Optional[str] = None, out: Optional[str] = None
) -> Path:
    """Write a config, to be edited, that adapts a stock config to a folder of images.

    Args:
        base (str): Path of a stock config, or 'mmpose::' and a path in mmpose's configs.
        target (str): Folder of images without labels; a ``boxes.json`` in it is used.
        source (str, optional): Folder of labelled images
            (:func:`mmpose_uda.convert.source_folder.find_source`). Defaults to the training
            data of ``base``.
        out (str, optional): File to write. Defaults to ``<name of the base>_adapted.py``.

    Returns:
        Path: The file.

    Raises:
        UserError: ``base`` cannot be adapted, a folder does not have what it should, or
            the file already exists.
    """
    path = Path(out or f'{Path(base).stem}_adapted.py')
    if path.suffix != '.py':
        raise UserError(f'--out {path} is not the name of a config: it must end in .py.')
    if path.exists():
        raise UserError(f'{path} already exists: remove it or name another --out.')
    if not path.parent.is_dir():
        raise UserError(f'There is no folder {path.parent} for --out {path}: create it.')
    if not os.path.isdir(target):
        raise UserError(f'There is no folder {target}: correct --target.')
    has_boxes = _check_target(target)
    stock = examine(base)
    own = find_source(source, stock.metainfo) if source else None
    inherited = base if '::' in base else os.path.relpath(base, path.parent)
    with user_errors(stock.cfg):
        text = adapted_text(stock, inherited, target, has_boxes, own)
    with writing(path):
        write_whole(path, text)
    try:
        cfg = load_config(str(path))
        with user_errors(cfg):
            check_fit(cfg)
    except Exception:
        path.unlink()
        raise
    return path


def _check_target(folder: str) -> bool:
    """Check a folder of images and its boxes; return whether it has boxes."""
    names = find_images(folder)
    boxes = Path(folder, BOXES_FILE)
    if not boxes.exists():
        return False
    require_near_boxes(load_boxes(str(boxes), folder, names), str(boxes))
    return True
