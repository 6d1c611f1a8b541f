"""The text of a config that adapts a stock config."""

from typing import Optional

from mmpose_uda.convert.data_text import data_text, fill
from mmpose_uda.convert.source_folder import SourceFolder
from mmpose_uda.convert.stock_config import UNFIT_HOOKS, StockConfig
from mmpose_uda.datasets.stock_views import class_name

HEAD = """\
# Adapts a stock config to the images of
# $target.
#
# Written by tools/misc/convert_config.py, to be edited. What is not named here is as in the
# stock config: network, schedule, augmentation.

_base_ = $base  # noqa: E501
custom_imports = dict(imports=$imports)
"""

MODEL = """
# ---- model ---------------------------------------------------------------------------
$warning# To start from a checkpoint of the stock config, let estimator be
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

JS_LOSS = """\
# Its JSDiscretLoss has NaN gradients where a keypoint has no label. If that occurs in your
# data, give this loss use_target_weight=False in a copy of the stock config, and adapt
# that: a keypoint without a label then adds a constant to the loss, and teaches nothing.
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
"""

PROPOSED_FEATURE_LEVEL = """\
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
    dict(type='SummaryHook', prefix=None, domain='source'),
]
"""


def adapted_text(
    stock: StockConfig,
    base: str,
    target: str,
    has_boxes: bool,
    source: Optional[SourceFolder],
) -> str:
    """Write the config.

    Args:
        stock (StockConfig): What is adapted.
        base (str): How the new config inherits from it.
        target (str): Folder of the target's images.
        has_boxes (bool): Whether ``boxes.json`` is in it.
        source (SourceFolder, optional): The labelled data, if not the stock config's.

    Returns:
        str: Python.
    """
    # this package is first, because it repairs the stack
    imports = ['mmpose_uda', *stock.imports]
    head = fill(HEAD, target=target, base=repr(base), imports=imports)
    data = data_text(stock, target, has_boxes, source)
    return head + data + _model(stock) + _training(stock)


def _model(stock: StockConfig) -> str:
    parts = POSE_LEVEL if stock.has_distributions else FEATURE_LEVEL
    if stock.has_distributions and stock.channels is not None:
        parts += PROPOSED_FEATURE_LEVEL
    return fill(
        MODEL,
        warning=JS_LOSS if stock.has_js_loss else '',
        statistics=BATCH_NORM if stock.has_batch_norm else '',
        alignments=fill(parts, head=stock.head, channels=stock.channels),
    )


def _training(stock: StockConfig) -> str:
    constructor = LAYER_DECAY if stock.decays_layers else ''
    dropped, inherited = _inherited_hooks(stock)
    hooks = fill(HOOKS, inherited=inherited)
    return TRAINING + constructor + dropped + hooks


def _inherited_hooks(stock: StockConfig) -> tuple[str, str]:
    """A comment on those of the stock config that are left out, and the lines of others."""
    unfit = [name for name in map(class_name, stock.hooks) if name in UNFIT_HOOKS]
    if stock.hooks and not unfit:
        return '', '    *_base_.custom_hooks,\n'
    kept = [hook for hook in stock.hooks if class_name(hook) not in unfit]
    comments = [f'# Left out: {name}, which {UNFIT_HOOKS[name]}.\n' for name in unfit]
    return ''.join(comments), ''.join(f'    {hook!r},\n' for hook in kept)
