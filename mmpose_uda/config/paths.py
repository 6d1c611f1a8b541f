"""Whether files that a config names are there, before the runner tells all about itself."""

import os.path as osp
from collections.abc import Iterator
from typing import Any

from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmpose.registry import DATASETS

from mmpose_uda.datasets.files import require_path
from mmpose_uda.datasets.stock_views import class_name
from mmpose_uda.errors import UserError


def require_paths(cfg: Config, *loaders: str) -> None:
    """Refuse data sets whose folder or annotations are not there.

    Args:
        cfg (Config): The config.
        *loaders (str): Its keys of the data that are read.

    Raises:
        UserError: One is not there.
    """
    for name in loaders:
        for part in _parts(cfg.get(name)):
            _require_data(part)


def require_checkpoint(path: Any) -> None:
    """Refuse a checkpoint that is not there; what is no path, or a URL, passes.

    Raises:
        UserError: It is not there.
    """
    # as load_from_local, which reads it
    if _is_local(path) and not osp.isfile(osp.expanduser(path)):
        raise UserError(f'There is no checkpoint {path}: check the path.')


def require_checkpoints(cfg: Config) -> None:
    """The same of all that a training begins with.

    Raises:
        UserError: One is not there.
    """
    require_checkpoint(cfg.get('load_from'))
    for part in _parts(cfg.model):
        if part['type'] == 'Pretrained':
            require_checkpoint(part.get('checkpoint'))


def _parts(node: Any) -> Iterator[dict]:
    """Every dict in a config that has a type."""
    if isinstance(node, dict):
        if 'type' in node:
            yield node
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for child in node:
            yield from _parts(child)


def _is_local(path: Any) -> bool:
    return isinstance(path, str) and '://' not in path


def _require_data(part: dict) -> None:
    # not by its `get`, which raises for some names and imports packages for others
    kind = DATASETS.module_dict.get(class_name(part))
    if not isinstance(kind, type) or not issubclass(kind, BaseDataset):
        return
    if kind._join_prefix is not BaseDataset._join_prefix:
        return  # where it looks for its files is its own affair; the runner tells
    root, ann_file = part.get('data_root') or '', part.get('ann_file') or ''
    if not (_is_local(root) and _is_local(ann_file)):
        return
    if hasattr(kind, 'require_root'):
        kind.require_root(root)
    if ann_file:
        require_path(osp.join(root, ann_file), 'annotation file')
