"""Export the adapted estimator as an ordinary mmpose model."""

import json
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.config import tested_network
from mmpose_uda.deploy.deployed_config import (
    METAINFO_FILE,
    deployed_config,
    keypoint_definition,
    write_metainfo,
)
from mmpose_uda.errors import UserError, writing
from mmpose_uda.finite_weights import require_finite
from mmpose_uda.models.observation import STATISTICS_FILE, content_of, statistics_for
from mmpose_uda.models.pose_estimators import TeacherEMA
from mmpose_uda.models.pose_estimators.plain_checkpoint import (
    STUDENT,
    TEACHER,
    TEACHER_STEPS,
    as_adapted,
)
from mmpose_uda.safe_checkpoint import save_checkpoint
from mmpose_uda.whole_files import whole_folder

CONFIG_FILE = 'config.py'
WEIGHTS_FILE = 'model.pth'
ONNX_FILE = 'model.onnx'

EXPORT_FILES = (
    ONNX_FILE,  # goes first: it belongs to the weights that it was made from
    CONFIG_FILE,
    METAINFO_FILE,
    STATISTICS_FILE,
    WEIGHTS_FILE,
)
"""All files of an export; the last one marks it as complete."""
_PREFIXES = {'teacher': TEACHER, 'student': STUDENT}
_STATISTICS = 'source_statistics.'
_LABELLED = 'labelled.seen'


def export_estimator(
    cfg: Config,
    checkpoint: dict[str, Any],
    out_dir: str,
    which: Optional[str] = None,
) -> Path:
    """Write an estimator as a plain mmpose config and checkpoint.

    Stock mmpose loads, tests and infers with the result; only if the estimator has parts
    that mmpose lacks, this package is needed too
    (:func:`~mmpose_uda.deploy.deployed_config.deployed_config`). Its predictions are those
    of the network that was trained, bit for bit, including statistics of BatchNorm and flip
    test. The files are written all together or not at all; they replace an earlier export
    in the folder, including its ``model.onnx``.

    Args:
        cfg (Config): The config of the training.
        checkpoint (dict[str, Any]): Its checkpoint, or one of the plain estimator:
            ``state_dict`` and ``meta`` with ``dataset_meta``.
        out_dir (str): Folder for ``config.py`` and ``model.pth``, for ``metainfo.py`` if
            keypoints are not defined by mmpose, and for ``source_statistics.json`` if the
            training has seen a source; created if missing.
        which (str, optional): 'teacher' or 'student'. Defaults to the config's
            ``test_network``.

    Returns:
        Path: ``out_dir``.

    Raises:
        UserError: ``which`` is unknown, the config is not one of a domain adaptive
            estimator, the checkpoint is from another config, its teacher was never
            updated, weights are not finite, or ``out_dir`` is a file.
    """
    if 'estimator' not in cfg.model:
        raise UserError(
            f'The config {cfg.filename} has no `model.estimator`: only a '
            'DomainAdaptivePoseEstimator can be exported.'
        )
    which = which or tested_network(cfg)
    if which not in _PREFIXES:
        raise UserError(f"--which must be 'teacher' or 'student', not {which!r}.")
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    _require_keys(checkpoint)
    state_dict = as_adapted(checkpoint['state_dict'])
    if which == 'teacher' and state_dict.get(TEACHER_STEPS, 1) == 0:
        raise UserError(TeacherEMA.NEVER_UPDATED)
    weights = select_weights(state_dict, _PREFIXES[which])
    estimator = fitting_estimator(cfg.model.estimator, weights, cfg.filename)
    require_finite(weights, f'The {which}')
    out = export_folder(out_dir)
    dataset_meta = _plain(checkpoint['meta']['dataset_meta'])
    meta = dict(dataset_meta=dataset_meta, exported=which)
    definition = keypoint_definition(cfg)
    with writing(out), whole_folder(out, EXPORT_FILES) as partial:
        (partial / CONFIG_FILE).write_text(deployed_config(cfg).pretty_text, 'utf-8')
        if definition is not None:
            write_metainfo(definition, partial / METAINFO_FILE)
        save_checkpoint(dict(meta=meta, state_dict=weights), partial / WEIGHTS_FILE)
        _write_statistics(cfg, estimator.head, state_dict, partial)
    return out


def _write_statistics(
    cfg: Config, head: nn.Module, state_dict: dict[str, Tensor], partial: Path
) -> None:
    """Write what an adaptation without the source can know of it, if anything is known."""
    buffers = {
        key.removeprefix(_STATISTICS): value
        for key, value in state_dict.items()
        if key.startswith(_STATISTICS)
    }
    statistics = statistics_for(head, **cfg.model.get('source_statistics') or {})
    if statistics is None or not buffers:
        return
    statistics.load_state_dict(buffers)
    content = content_of(statistics, state_dict[_LABELLED])
    if content is not None:
        (partial / STATISTICS_FILE).write_text(json.dumps(content) + '\n', 'utf-8')


def _require_keys(checkpoint: dict[str, Any]) -> None:
    meta = checkpoint.get('meta')
    for key, holder in (('state_dict', checkpoint), ('dataset_meta', meta)):
        if not isinstance(holder, dict) or not isinstance(holder.get(key), dict):
            raise UserError(
                f'The checkpoint has no `{key}`: give one that a training wrote.'
            )


def export_folder(path: Union[str, Path]) -> Path:
    """Return the folder of an export that is to be written.

    Raises:
        UserError: It, or a folder around it, is a file.
    """
    folder = Path(path)
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            raise UserError(
                f'There is a file where the folder {place} should be: name another folder.'
            )
    return folder


def select_weights(state_dict: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Weights under ``prefix`` with the prefix removed, on the CPU, contiguous."""
    plain = torch.contiguous_format
    return {
        key.removeprefix(prefix): value.detach().cpu().clone(memory_format=plain)
        for key, value in state_dict.items()
        if key.startswith(prefix)
    }


def fitting_estimator(
    config: dict[str, Any], weights: dict[str, Tensor], owner: str
) -> nn.Module:
    """Build a config's estimator, and check that weights fit it by name and shape.

    The weights are not loaded into it.

    Args:
        config (dict): Config of the estimator.
        weights (dict[str, Tensor]): Weights by name.
        owner (str): Path of the config that they should belong to.

    Raises:
        UserError: They do not fit.
    """
    estimator = MODELS.build(config)
    expected = estimator.state_dict()
    wrong = set(expected) ^ set(weights)
    wrong |= {
        k for k in set(expected) & set(weights) if expected[k].shape != weights[k].shape
    }
    if wrong:
        raise UserError(
            f'The checkpoint does not belong to {owner}: {len(wrong)} weights '
            f'differ in name or shape, such as {min(wrong)}; name the config of its run.'
        )
    return estimator


def _plain(value: Any) -> Any:
    """Convert arrays, which torch.load(weights_only=True) refuses, to lists."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item) for item in value)
    return value
