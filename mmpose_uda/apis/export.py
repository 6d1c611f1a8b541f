"""Handing the adapted estimator back as an ordinary mmpose model."""

from pathlib import Path
from typing import Any, Iterator

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import Registry
from mmpose import registry as mmpose_registry
from torch import Tensor

from mmpose_uda.apis.stock_parts import (
    METAINFO_FILE,
    with_stock_parts,
    write_metainfo,
)
from mmpose_uda.errors import UserError

_PREFIXES = {'teacher': 'teacher.module.', 'student': 'student.'}
_KEPT = (
    'default_scope',
    'env_cfg',
    'data_mode',
    'codec',
    'test_dataloader',
    'test_evaluator',
)


def export_estimator(
    cfg: Config,
    checkpoint: dict[str, Any],
    out_dir: str,
    which: str = 'teacher',
) -> Path:
    """Write an estimator as a plain mmpose config and checkpoint.

    Stock mmpose loads, tests and infers with the result. The config imports this package
    only if the estimator or its test pipeline consists of parts that mmpose lacks.

    Args:
        cfg (Config): The config of the training.
        checkpoint (dict[str, Any]): Its checkpoint: ``state_dict`` and ``meta``.
        out_dir (str): Folder for ``config.py`` and ``model.pth``; made if missing.
        which (str): 'teacher' or 'student'.

    Returns:
        Path: ``out_dir``.

    Raises:
        UserError: ``which`` is unknown, the config is not one of a domain adaptive
            estimator, or the checkpoint is from another config.
    """
    if which not in _PREFIXES:
        raise UserError(f"--which is 'teacher' or 'student', not {which!r}.")
    if 'estimator' not in cfg.model:
        raise UserError(
            f'The config {cfg.filename} has no `model.estimator`: only a '
            'DomainAdaptivePoseEstimator can be exported.'
        )
    for key in ('state_dict', 'meta'):
        if key not in checkpoint:
            raise UserError(
                f'The checkpoint has no `{key}`: give one that a training wrote.'
            )
    weights = select_weights(checkpoint['state_dict'], _PREFIXES[which])
    _check_weights(cfg, weights)
    meta = dict(dataset_meta=_plain(checkpoint['meta']['dataset_meta']), exported=which)
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    deployed = deployed_config(cfg)
    deployed.dump(out / 'config.py')
    if 'custom_imports' not in deployed and 'test_dataloader' in cfg:
        write_metainfo(cfg.test_dataloader.dataset, out / METAINFO_FILE)
    # Renamed when complete, so that an export killed midway is not taken for one.
    partial = out / 'model.pth.partial'
    torch.save(dict(meta=meta, state_dict=weights), partial)
    partial.replace(out / 'model.pth')
    return out


def select_weights(state_dict: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Weights under ``prefix`` with the prefix removed, on the CPU."""
    return {
        key.removeprefix(prefix): value.detach().cpu().clone()
        for key, value in state_dict.items()
        if key.startswith(prefix)
    }


def deployed_config(cfg: Config) -> Config:
    """The config of the estimator alone: model, test data and metrics.

    Of an estimator that stock mmpose has, data and metrics are translated into stock
    parts too.
    """
    deployed = {key: cfg[key] for key in _KEPT if key in cfg}
    if any(_from_this_package(name) for name in _types(cfg.model.estimator)):
        deployed['custom_imports'] = dict(
            imports=['mmpose_uda'], allow_failed_imports=False
        )
    else:
        deployed = with_stock_parts(deployed)
    return Config(dict(deployed, model=cfg.model.estimator, test_cfg=dict()))


def _check_weights(cfg: Config, weights: dict[str, Tensor]) -> None:
    expected = mmpose_registry.MODELS.build(cfg.model.estimator).state_dict()
    wrong = set(expected) ^ set(weights)
    wrong |= {
        k for k in set(expected) & set(weights) if expected[k].shape != weights[k].shape
    }
    if wrong:
        raise UserError(
            f'The checkpoint does not belong to {cfg.filename}: {len(wrong)} weights '
            f'differ in name or shape, such as {min(wrong)}; name the config of its run.'
        )


def _plain(value: Any) -> Any:
    """Lists for arrays, which torch.load(weights_only=True) refuses."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item) for item in value)
    return value


def _types(value: Any) -> Iterator[str]:
    """All values of ``type`` keys in nested dicts and lists."""
    if isinstance(value, dict):
        if isinstance(value.get('type'), str):
            yield value['type']
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _types(item)


def _from_this_package(name: str) -> bool:
    registries = (r for r in vars(mmpose_registry).values() if isinstance(r, Registry))
    found = (registry.get(name) for registry in registries if name in registry)
    return any(cls.__module__.startswith('mmpose_uda.') for cls in found)
