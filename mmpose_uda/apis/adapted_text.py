"""The text of a config that adapts a stock config."""

from string import Template
from typing import Optional

from mmpose_uda.apis.source_folder import SourceFolder
from mmpose_uda.apis.stock_config import UNFIT_HOOKS, StockConfig, hook_name

HEAD = """\
# Adapts a stock config to the images of
# $target.
#
# Written by tools/misc/convert_config.py, to be edited. What is not named here is as in the
# stock config: network, schedule, augmentation.

_base_ = $base  # noqa: E501
custom_imports = dict(imports=['mmpose_uda'], allow_failed_imports=False)
"""

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
    # boxes='boxes.json',
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
# Labelled images of the source. If some of the target have labels, name those instead.
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        ann_file=$val,
        test_mode=True,
        pipeline=_base_.val_dataloader.dataset.pipeline,
        **labelled,
    )
)
test_dataloader = val_dataloader
"""

EVALUATOR = """\
val_evaluator = dict(ann_file=$val_path)
test_evaluator = val_evaluator
"""

NO_VALIDATION = """\
# The source has no annotations/val.json to validate on.
val_dataloader = None
val_cfg = None
val_evaluator = None
default_hooks = dict(checkpoint=dict(save_best=None))
"""

MODEL = """
# ---- model ---------------------------------------------------------------------------
# To start from a checkpoint of the stock config, let estimator be
# dict(_base_.model, init_cfg=dict(type='Pretrained', checkpoint='mine.pth')).
model = dict(
    _delete_=True,
    type='DomainAdaptivePoseEstimator',
    estimator=_base_.model,
    # A step moves the teacher by 0.01 towards the student: it averages about 100 steps.
    teacher=dict(type='TeacherEMA', momentum=0.01),
$statistics    alignments=dict(
$alignments    ),
)
"""

BATCH_NORM = """\
    # BatchNorm: in training each domain is normalised by its own batches, in tests by the
    # running statistics of this one ('source', 'target' or 'both').
    test_statistics='target',
"""

POSE_LEVEL = """\
        # The student, on an augmented view, learns what the teacher sees on a plain one.
        # The weight grows from 0, because the teacher knows nothing at first.
        mean_teacher=dict(type='MeanTeacherConsistency', loss_weight=1.0, ramp_iters=1000),
        # Covers a keypoint of the student's view that the teacher is sure of.
        occlusion=dict(type='KeypointOcclusion', prob=0.5),
        # Aligns features too. The weight must fit the size of the supervised loss.
        # adversarial=dict(
        #     type='DomainAdversarial',
        #     feature='backbone',
        #     discriminator=dict(type='DomainDiscriminator', in_channels=$channels),
        #     loss_weight=0.001,
        # ),
"""

FEATURE_LEVEL = """\
        # No distributions of keypoints can be read from $head: a mean
        # teacher would have no pseudo labels. Features are aligned instead, so that a
        # discriminator cannot tell the domain from them. The weight must fit the size of
        # the supervised loss.
        adversarial=dict(
            type='DomainAdversarial',
            feature='backbone',
            discriminator=dict(type='DomainDiscriminator', in_channels=$channels),
            loss_weight=0.01,
            coefficient_ramp=1000,
        ),
"""

TRAINING = """
# ---- training ------------------------------------------------------------------------
"""

LAYER_DECAY = """\
# mmpose's own constructor finds no layers in a student: all would have the same rate.
optim_wrapper = dict(constructor='StudentLayerDecayOptimWrapperConstructor')
"""

HOOKS = """\
custom_hooks = [
$inherited    dict(type='EMATeacherHook'),
    # Lets a run that is resumed end as one that was not interrupted.
    dict(type='StepStateHook'),
    # Writes summary.json, and the teacher as a plain mmpose model into export/.
    dict(type='SummaryHook'$prefix),
]
"""


def adapted_text(
    stock: StockConfig, base: str, target: str, source: Optional[SourceFolder]
) -> str:
    """Write the config.

    Args:
        stock (StockConfig): What is adapted.
        base (str): How the new config inherits from it.
        target (str): Folder of the target's images.
        source (SourceFolder, optional): The labelled data, if not the stock config's.

    Returns:
        str: Python.
    """
    head = _fill(HEAD, target=target, base=repr(base))
    return head + _data(stock, target, source) + _model(stock) + _training(stock)


def _fill(template: str, **values) -> str:
    return Template(template).substitute(values)


def _data(stock: StockConfig, target: str, source: Optional[SourceFolder]) -> str:
    by_epoch = 'max_epochs' in stock.cfg.train_cfg
    sampler = 'EpochDrawSampler' if by_epoch else 'InfiniteDrawSampler'
    training = _fill(TRAINING_DATA, target=repr(target), sampler=repr(sampler))
    if source is None:
        return STOCK_SOURCE + training
    own = _fill(
        OWN_SOURCE,
        metainfo=f'dict({", ".join(f"{k}={v!r}" for k, v in stock.metainfo.items())})',
        root=repr(str(source.root)),
        images=repr(source.images),
        train=repr(source.train),
    )
    return own + training + _validation(stock, source)


def _validation(stock: StockConfig, source: SourceFolder) -> str:
    if source.val is None:
        return NO_VALIDATION
    text = _fill(VALIDATION, val=repr(source.val))
    evaluator = stock.cfg.get('val_evaluator')
    if isinstance(evaluator, dict) and 'ann_file' in evaluator:
        text += _fill(EVALUATOR, val_path=repr(str(source.root / source.val)))
    return text


def _model(stock: StockConfig) -> str:
    parts = POSE_LEVEL if stock.has_distributions else FEATURE_LEVEL
    return _fill(
        MODEL,
        statistics=BATCH_NORM if stock.has_batch_norm else '',
        alignments=_fill(parts, head=stock.head, channels=stock.channels),
    )


def _training(stock: StockConfig) -> str:
    constructor = LAYER_DECAY if stock.decays_layers else ''
    dropped, inherited = _inherited_hooks(stock)
    prefix = f', prefix={stock.metric_prefix!r}' if stock.metric_prefix else ''
    hooks = _fill(HOOKS, inherited=inherited, prefix=prefix)
    return TRAINING + constructor + dropped + hooks


def _inherited_hooks(stock: StockConfig) -> tuple[str, str]:
    """A comment on those of the stock config that are left out, and the lines of others."""
    unfit = [name for name in map(hook_name, stock.hooks) if name in UNFIT_HOOKS]
    if stock.hooks and not unfit:
        return '', '    *_base_.custom_hooks,\n'
    kept = [hook for hook in stock.hooks if hook_name(hook) not in unfit]
    comments = [f'# Left out: {name}, which {UNFIT_HOOKS[name]}.\n' for name in unfit]
    return ''.join(comments), ''.join(f'    {hook!r},\n' for hook in kept)
