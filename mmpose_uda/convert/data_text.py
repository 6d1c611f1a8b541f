"""The section on data of a config that adapts a stock config."""

from string import Template
from typing import Optional

from mmpose_uda.convert.own_metrics import own_metrics
from mmpose_uda.convert.source_folder import SourceFolder
from mmpose_uda.convert.stock_config import StockConfig

BOXES_FILE = 'boxes.json'

STOCK_SOURCE = """
# ---- data ----------------------------------------------------------------------------
# The labelled data of the stock config.
source = _base_.train_dataloader.dataset
"""

OWN_SOURCE = """
# ---- data ----------------------------------------------------------------------------
labelled = dict(
    type='PoseDataset',
    metainfo=$metainfo,
    data_root=$root,
    data_prefix=dict(img=$images),
)
source = dict(
    ann_file=$train,
    pipeline=_base_.train_dataloader.dataset.pipeline,
    **labelled,
)
"""

TRAINING_DATA = """\
target = dict(
    type='UnlabelledImageFolder',
    data_root=$target,
    # Without boxes a sample is a whole image. The file is in the folder and holds
    # {"name.jpg": box, ...}, where a box is [x, y, width, height] or a list of such.
    ${no_boxes}boxes=$boxes,
)
train_dataloader = dict(
    # Source and student see the augmentation of the stock pipeline, the teacher sees none.
    dataset=dict(_delete_=True, type='SourceTargetDataset', source=source, target=target),
    # DefaultSampler would repeat pairs and augmentation in every epoch.
    sampler=dict(_delete_=True, type=$sampler),
    collate_fn=dict(type='collate_views'),
)
"""

VALIDATION = """\
# Labelled images of the source. If some of the target have labels, name those instead,
# and domain='target' below.
"""

NO_VALIDATION = """\
# The source has no annotations/val.json to validate on. A test measures on the images that
# were trained on: how well they are fitted, not how good the estimator is on others.
val_dataloader = None
val_cfg = None
val_evaluator = None
"""

MEASUREMENT = """\
${split}_dataloader = dict(
    dataset=dict(
        _delete_=True,
        ann_file=$ann_file,
        test_mode=True,
        pipeline=_base_.${split}_dataloader.dataset.pipeline,
        **labelled,
    )
)
$reasons${split}_evaluator = [
$metrics]
"""

TEST_AS_VALIDATION = """\
test_dataloader = val_dataloader
test_evaluator = val_evaluator
"""

NO_BEST = """\
# What the stock config chooses its best checkpoint by is not measured.
default_hooks = dict(checkpoint=dict(save_best=None))
"""


def data_text(
    stock: StockConfig, target: str, has_boxes: bool, source: Optional[SourceFolder]
) -> str:
    """Write the section.

    Args:
        stock (StockConfig): What is adapted.
        target (str): Folder of the target's images.
        has_boxes (bool): Whether ``boxes.json`` is in it.
        source (SourceFolder, optional): The labelled data, if not the stock config's.

    Returns:
        str: Python.
    """
    by_epoch = 'max_epochs' in stock.cfg.train_cfg
    training = fill(
        TRAINING_DATA,
        target=repr(target),
        boxes=repr(BOXES_FILE),
        no_boxes='' if has_boxes else '# ',
        sampler=repr('EpochDrawSampler' if by_epoch else 'InfiniteDrawSampler'),
    )
    if source is None:
        return STOCK_SOURCE + training
    own = fill(
        OWN_SOURCE,
        metainfo=f'dict({", ".join(f"{k}={v!r}" for k, v in stock.metainfo.items())})',
        root=repr(str(source.root)),
        images=repr(source.images),
        train=repr(source.train),
    )
    return own + training + _measurements(stock, source)


def _measurements(stock: StockConfig, source: SourceFolder) -> str:
    """What is validated and tested on, and by which metrics."""
    ann_file = source.val or source.train
    metrics, reasons = own_metrics(stock.metrics, str(source.root / ann_file))
    measurement = fill(
        MEASUREMENT,
        split='val' if source.val else 'test',
        ann_file=repr(ann_file),
        reasons=''.join(
            f'# {reason},\n# which a PoseDataset does not have: PCK takes its place.\n'
            for reason in reasons
        ),
        metrics=''.join(f'    {metric!r},\n' for metric in metrics),
    )
    if source.val is None:
        return NO_VALIDATION + measurement + NO_BEST
    best = NO_BEST if reasons else ''
    return VALIDATION + measurement + TEST_AS_VALIDATION + best


def fill(template: str, **values) -> str:
    """Fill the ``$names`` of a template in."""
    return Template(template).substitute(values)
