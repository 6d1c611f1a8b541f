"""The text of a config that adapts a stock config."""

from pathlib import Path
from typing import Any, Optional

from mmpose_uda.convert.own_metrics import own_metrics
from mmpose_uda.convert.own_schedule import own_schedule
from mmpose_uda.convert.source_folder import SourceFolder
from mmpose_uda.convert.stock_config import UNFIT_HOOKS, StockConfig
from mmpose_uda.datasets.image_folder import BOXES_FILE
from mmpose_uda.datasets.stock_views import class_name
from mmpose_uda.templates import fill_text

_TEMPLATE = Path(__file__).parent / 'templates' / 'adapted_config.py.jinja'


def adapted_text(
    stock: StockConfig,
    base: str,
    target: str,
    has_boxes: bool,
    source: Optional[SourceFolder],
) -> str:
    """Return the text of the config.

    Args:
        stock (StockConfig): The stock config to adapt.
        base (str): The ``_base_`` of the new config.
        target (str): Folder of the target's images.
        has_boxes (bool): Whether that folder has a ``boxes.json``.
        source (SourceFolder, optional): The labelled data, if not the stock config's.

    Returns:
        str: The config, in Python.
    """
    unfit = [name for name in map(class_name, stock.hooks) if name in UNFIT_HOOKS]
    return fill_text(
        _TEMPLATE,
        dict(repr=repr),
        stock=stock,
        base=base,
        # this package comes first, because importing it repairs the stack
        imports=['mmpose_uda', *stock.imports],
        source=source,
        target=target,
        boxes_file=BOXES_FILE,
        has_boxes=has_boxes,
        schedule=own_schedule(stock.cfg, source) if source else None,
        by_epoch='max_epochs' in (stock.cfg.get('train_cfg') or {}),
        unfit_hooks={name: UNFIT_HOOKS[name] for name in unfit},
        fit_hooks=[hook for hook in stock.hooks if class_name(hook) not in unfit],
        **_measurement(stock, source),
    )


def _measurement(stock: StockConfig, source: Optional[SourceFolder]) -> dict[str, Any]:
    """Return the metrics for the user's own data, and why some are replaced."""
    if source is None:
        return dict(metrics=[], replaced_metrics=[])
    if source.has_parts:
        # the whole-body metric is computed from the annotation file
        ann_file = str(source.root / (source.val or source.train))
        metrics = [dict(metric, ann_file=ann_file) for metric in stock.metrics]
        return dict(metrics=metrics, replaced_metrics=[])
    metrics, replaced = own_metrics(stock.metrics)
    return dict(metrics=metrics, replaced_metrics=replaced)
