"""Evaluators that do not go with the model."""

from collections.abc import Iterator

from mmengine.config import Config

from mmpose_uda.errors import UserError


def check_evaluators(cfg: Config) -> None:
    """Refuse a metric of cells that takes them to be elsewhere than the head's are.

    Args:
        cfg (Config): With a ``model``, and evaluators or not.

    Raises:
        UserError: ``CropPCK`` with a protocol of the literature has another ``use_udp``
            than the head's codec.
    """
    head = cfg.model.get('estimator', cfg.model).get('head') or {}
    codec = head.get('decoder') or {}
    is_udp = codec.get('type') == 'UDPHeatmap'
    for metric in _metrics(cfg):
        protocol = metric.get('protocol', 'subpixel')
        is_of_cells = metric.get('type') == 'CropPCK' and protocol != 'subpixel'
        if is_of_cells and bool(metric.get('use_udp')) != is_udp:
            raise UserError(
                f'CropPCK with protocol={protocol!r} compares cells, and those of the head '
                f'are those of {codec.get("type")}: set its use_udp={is_udp}.'
            )


def _metrics(cfg: Config) -> Iterator[dict]:
    for name in ('val_evaluator', 'test_evaluator'):
        evaluators = cfg.get(name) or ()
        if isinstance(evaluators, dict):
            # one metric, or mmengine's Evaluator of several
            evaluators = evaluators.get('metrics', [evaluators])
        yield from evaluators if isinstance(evaluators, (list, tuple)) else [evaluators]
