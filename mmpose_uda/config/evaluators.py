"""Check that evaluators match the model and the data."""

import os.path as osp
from collections.abc import Iterator
from typing import Any, Optional

from mmengine.config import Config

from mmpose_uda.datasets.stock_views import class_name
from mmpose_uda.errors import UserError

# metrics whose values have the same names whatever their other arguments are
_OF_ONE_NAME = ('CropPCK', 'RootAlignedMPJPE', 'NME')


def check_evaluators(cfg: Config) -> None:
    """Refuse metrics with the same names, and one with other cells than the head's.

    Args:
        cfg (Config): With a ``model``, and with or without evaluators.

    Raises:
        UserError: Two metrics of this package would give values of the same names, or
            ``CropPCK`` with a protocol of the literature has another ``use_udp`` than the
            head's codec.
    """
    for name in ('val_evaluator', 'test_evaluator'):
        _require_own_names(cfg, name)
    head = cfg.model.get('estimator', cfg.model).get('head') or {}
    codec = head.get('decoder') or {}
    is_udp = codec.get('type') == 'UDPHeatmap'
    for metric in _metrics(cfg):
        protocol = metric.get('protocol', 'subpixel')
        is_of_cells = metric.get('type') == 'CropPCK' and protocol != 'subpixel'
        if is_of_cells and bool(metric.get('use_udp')) != is_udp:
            raise UserError(
                f'CropPCK with protocol={protocol!r} compares cells, and the head has '
                f'those of {codec.get("type")}: set its use_udp={is_udp}.'
            )


def _require_own_names(cfg: Config, evaluator: str) -> None:
    seen = set()
    for metric in _metrics_of(cfg.get(evaluator)):
        kind, prefix = str(metric.get('type')).rpartition('.')[2], metric.get('prefix')
        if kind in _OF_ONE_NAME and (kind, prefix) in seen:
            raise UserError(
                f'`{evaluator}` of {cfg.filename} has two {kind} with prefix={prefix!r}, '
                'whose values would have the same names: give each its own prefix.'
            )
        seen.add((kind, prefix))


def take_labels_from_samples(cfg: Config) -> None:
    """Let a metric that would read the file of a ``PoseDataset`` use its samples instead.

    In samples, fields that tools omit are filled in, and categories and ids are those that
    predictions carry (``plain_annotation``). With the file itself, a category numbered 0
    gives an AP of 0, and text ids cause an error after the first epoch.

    Args:
        cfg (Config): With or without loaders and evaluators; changed in place.
    """
    for kind in ('val', 'test'):
        file = _file_of_samples(cfg.get(f'{kind}_dataloader'))
        for metric in _metrics_of(cfg.get(f'{kind}_evaluator')):
            named = metric.get('ann_file')
            if isinstance(named, str) and osp.normpath(named) == file:
                metric['ann_file'] = None


def _file_of_samples(loader: Any) -> Optional[str]:
    """The annotation file of a loader's ``PoseDataset``; None for other data or no data."""
    data = loader.get('dataset') if isinstance(loader, dict) else None
    if not isinstance(data, dict) or 'type' not in data:
        return None
    path = (data.get('data_root') or '', data.get('ann_file'))
    is_named = all(isinstance(part, str) for part in path)
    if class_name(data) != 'PoseDataset' or not is_named:
        return None
    return osp.normpath(osp.join(*path))


def _metrics(cfg: Config) -> Iterator[dict]:
    for name in ('val_evaluator', 'test_evaluator'):
        yield from _metrics_of(cfg.get(name))


def _metrics_of(evaluators) -> list[dict]:
    if isinstance(evaluators, dict):
        # one metric, or mmengine's Evaluator of several
        evaluators = evaluators.get('metrics', [evaluators])
    if not isinstance(evaluators, (list, tuple)):
        evaluators = [evaluators]
    return [one for one in evaluators if isinstance(one, dict)]
