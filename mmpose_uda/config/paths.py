"""Check that files that a config names exist, before the runner writes its long log."""

import os.path as osp
from collections.abc import Iterator
from typing import Any

from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.runner.checkpoint import (
    get_deprecated_model_names,
    get_external_models,
    get_mmcls_models,
    get_torchvision_models,
)
from mmpose.registry import DATASETS

from mmpose_uda.datasets.files import require_path
from mmpose_uda.datasets.stock_views import class_name
from mmpose_uda.errors import UserError
from mmpose_uda.near_names import closest


def _openmmlab_models() -> set[str]:
    return {*get_external_models(), *get_deprecated_model_names()}


# The lists of names that stand for URLs, by their scheme.
_LISTS = {
    'torchvision': get_torchvision_models,
    'modelzoo': get_torchvision_models,
    'open-mmlab': _openmmlab_models,
    'openmmlab': _openmmlab_models,
    'mmcls': get_mmcls_models,
}


def require_paths(cfg: Config, *loaders: str) -> None:
    """Refuse data sets whose folder or annotations are missing.

    Args:
        cfg (Config): The config.
        *loaders (str): Its keys of the loaders that are used.

    Raises:
        UserError: A folder or file is missing.
    """
    for name in loaders:
        for part in _parts(cfg.get(name)):
            _require_data(part)


def require_checkpoint(path: Any) -> None:
    """Refuse a checkpoint that does not exist; URLs and what is not a path pass.

    Raises:
        UserError: It does not exist.
    """
    # like load_from_local, which reads it
    if _is_local(path) and not osp.isfile(osp.expanduser(path)):
        raise UserError(f'There is no checkpoint {path}: check the path.')


def require_checkpoints(cfg: Config) -> None:
    """Refuse missing checkpoints that a training begins with, and what is not a path.

    Raises:
        UserError: A checkpoint does not exist, or its path is not text.
    """
    _require_weights(cfg.get('load_from'), '`load_from`', cfg)
    for part in _parts(cfg.model):
        if not isinstance(part.get('init_cfg'), (dict, list, tuple, type(None))):
            raise UserError(
                f'`init_cfg` in {cfg.filename} is {part["init_cfg"]!r}: let it be a dict '
                'with the `type` of an initializer, or a list of such dicts.'
            )
        if part['type'] == 'Pretrained':
            _require_weights(part.get('checkpoint'), '`checkpoint` of an `init_cfg`', cfg)


def _require_weights(path: Any, name: str, cfg: Config) -> None:
    if path is not None and not isinstance(path, str):
        raise UserError(
            f'{name} in {cfg.filename} is {path!r}: let it be the path of a checkpoint.'
        )
    scheme, _, model = str(path).partition('://')
    listed = _LISTS.get(scheme)
    if listed is not None and model not in (names := listed()):
        raise UserError(
            f'{name} in {cfg.filename} is {path}, but there is no such model: '
            f'{closest(model, names)}.'
        )
    require_checkpoint(path)


def _parts(node: Any) -> Iterator[dict]:
    """Yield every dict in a config that has a type."""
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
        return  # it finds its files in its own way; the runner reports missing ones
    root, ann_file = part.get('data_root') or '', part.get('ann_file') or ''
    if not (_is_local(root) and _is_local(ann_file)):
        return
    if hasattr(kind, 'require_root'):
        kind.require_root(root)
    if ann_file:
        require_path(osp.join(root, ann_file), 'annotation file')
