"""Load estimators to predict with, from an export or from a training."""

import os.path as osp
import tempfile
from pathlib import Path
from typing import Optional

import torch
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmengine.runner import CheckpointLoader, load_checkpoint
from mmpose.registry import MODELS
from torch import nn

from mmpose_uda.config import (
    last_checkpoint,
    load_config,
    require,
    set_work_dir,
    user_errors,
)
from mmpose_uda.deploy.export import CONFIG_FILE, WEIGHTS_FILE, export_estimator
from mmpose_uda.errors import UserError
from mmpose_uda.finite_weights import require_finite


def load_estimator(
    model: str,
    checkpoint: Optional[str] = None,
    which: Optional[str] = None,
    device: str = 'cpu',
) -> nn.Module:
    """Build the estimator of an export, of a stock mmpose config, or of an adaptation.

    An adaptation's network is exported first, so that it predicts what its export does.

    Args:
        model (str): Folder of an export, its ``config.py``, or a training's config.
        checkpoint (str, optional): Weights for a config. Defaults to the ``model.pth``
            beside it, else the last checkpoint of its work dir.
        which (str, optional): 'teacher' or 'student' of an adaptation. Defaults to the
            config's ``test_network``.
        device (str): Device of the estimator.

    Returns:
        nn.Module: The estimator in eval mode, with ``cfg`` and ``dataset_meta`` as mmpose's
        ``init_model`` sets them.

    Raises:
        UserError: A file is missing, the weights do not fit the config, ``which`` does
            not apply to it, or there is no such device.
    """
    _check_device(device)
    if osp.isdir(model):
        check_export(model, checkpoint)
        model = osp.join(model, CONFIG_FILE)
    cfg = load_config(model)
    require(cfg, 'model', 'test_dataloader')
    _require_transforms(cfg)
    checkpoint = checkpoint or _default_checkpoint(cfg)
    with user_errors(cfg):
        if 'estimator' not in cfg.model:
            if which is not None:
                raise UserError(
                    f'--which {which} does not go with a {cfg.model.type}, which has '
                    'neither teacher nor student: leave it out.'
                )
            return build_estimator(cfg, checkpoint, device)
        trained = CheckpointLoader.load_checkpoint(checkpoint, 'cpu')
        with tempfile.TemporaryDirectory() as folder:
            export_estimator(cfg, trained, folder, which)
            exported = load_config(osp.join(folder, CONFIG_FILE))
            weights = osp.join(folder, WEIGHTS_FILE)
            return build_estimator(exported, weights, device)


def build_estimator(cfg: Config, checkpoint: str, device: str = 'cpu') -> nn.Module:
    """Load an estimator as mmpose's ``init_model`` does, but refuse unfit weights.

    Args:
        cfg (Config): Config whose ``model`` is a top-down estimator.
        checkpoint (str): Checkpoint with all of the estimator's weights.
        device (str): Device of the estimator.

    Returns:
        nn.Module: As :func:`load_estimator` returns it.

    Raises:
        UserError: The checkpoint does not say what its keypoints are, or has weights that
            are not finite, or the config has no decoder.
        RuntimeError: The weights do not fit.
    """
    _require_decoder(cfg)
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    model = revert_sync_batchnorm(MODELS.build(cfg.model))
    loaded = load_checkpoint(model, checkpoint, 'cpu', strict=True, logger='silent')
    meta = loaded.get('meta')
    definition = meta.get('dataset_meta') if isinstance(meta, dict) else None
    if not isinstance(definition, dict) or not definition:
        raise UserError(
            f'The checkpoint {checkpoint} does not say what its keypoints are: give one '
            'that a training or `mmpose_uda export` wrote.'
        )
    require_finite(model.state_dict(), f'The checkpoint {checkpoint}')
    model.cfg, model.dataset_meta = cfg, definition
    return model.to(device).eval()


def _require_transforms(cfg: Config) -> None:
    """Refuse a config (perhaps an edited one) whose model gets no crops."""
    steps = cfg.test_dataloader.dataset.get('pipeline')
    is_list = isinstance(steps, (list, tuple)) and len(steps) > 0
    if not is_list or not all(isinstance(s, dict) and 'type' in s for s in steps):
        raise UserError(
            f'`test_dataloader.dataset.pipeline` in {cfg.filename} is {steps!r}: set it to '
            'a list of transforms, dicts with a `type`.'
        )


def _require_decoder(cfg: Config) -> None:
    """Refuse a config (perhaps an edited one) whose model gives no keypoints."""
    head = cfg.model.get('head') or {}
    if head.get('decoder', ...) is None:
        raise UserError(
            f'`model.head.decoder` in {cfg.filename} is None, and without a decoder a head '
            'gives no keypoints: set the codec that it was trained with.'
        )


def _check_device(device: str) -> None:
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0].rstrip('.')
        raise UserError(
            f'--device {device} cannot be used ({reason}): use cpu, or a GPU that exists.'
        ) from error


def check_export(folder: str, checkpoint: Optional[str]) -> None:
    """Refuse a folder that is not an export, and a checkpoint given with an export.

    Raises:
        UserError: A file is missing, or ``checkpoint`` is given.
    """
    if _is_export(inside := Path(folder, 'export')) and not _is_export(Path(folder)):
        raise UserError(f'{folder} is not an export, but has one inside: name {inside}.')
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        if not Path(folder, name).is_file():
            raise UserError(
                f'The export {folder} has no {name}: give a folder that a training or '
                '`mmpose_uda export` wrote, or a config.'
            )
    if checkpoint is not None:
        raise UserError(
            f'--checkpoint {checkpoint} does not go with the export {folder}, which has '
            'its own: leave it out, or give a config.'
        )


def _is_export(folder: Path) -> bool:
    return all(Path(folder, name).is_file() for name in (CONFIG_FILE, WEIGHTS_FILE))


def _default_checkpoint(cfg: Config) -> str:
    beside = Path(cfg.filename).with_name(WEIGHTS_FILE)
    if beside.is_file():
        return str(beside)
    set_work_dir(cfg, None)
    path = last_checkpoint(cfg.work_dir)
    if path is None:
        raise UserError(
            f'There is no checkpoint in {cfg.work_dir}, the work dir of {cfg.filename}: '
            'train it, or name a --checkpoint.'
        )
    return path
