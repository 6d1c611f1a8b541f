"""The variant of a benchmark that adapts a trained model without its source."""

import copy
from typing import Any, Optional

from mmengine.config import Config, ConfigDict

from mmpose_uda.errors import UserError
from mmpose_uda.views import view_of

SOURCE_START, SOURCE_FREE = 'source_start', 'source_free'
_ADDED = "_base_ = 'mmpose_uda::_base_/method/source_free.py'"
_TEACHER = 'MeanTeacherConsistency'
# Other parts that need no source (occlusion, hidden blocks, information maximisation) made
# models worse: without the source nothing corrects wrong guesses (docs/source_free.md).
_KEPT = (_TEACHER, 'AnatomicalPlausibility')
# The first needs the source; the others are added again where they fit.
_LEFT_OUT = (
    'AdaINStyleHook',
    'AdaptationMonitorHook',
    'EMATeacherHook',
    'TargetStatisticsHook',
)


def source_free_variants(cfg: Config) -> list[str]:
    """Names of the source model and its source-free adaptation, if a config has both.

    It has them if phases without a mean teacher are followed by one that has it.
    """
    first = first_adapting(cfg)
    return [SOURCE_START, SOURCE_FREE] if first else []


def start_phases(cfg: Config) -> int:
    """Number of phases of a config before its adaptation.

    Raises:
        UserError: There is none, or no phase adapts by a mean teacher.
    """
    first = first_adapting(cfg)
    if not first:
        raise UserError(
            f'{cfg.filename} has no phase that trains on the source before a mean teacher '
            'adapts the model: name a config with such phases.'
        )
    return first


def source_free_config(cfg: Config) -> Config:
    """Return a copy of a config that adapts ``load_from`` without the source.

    It takes as many steps as the config's adaptation. Of the parts, the mean teacher and
    anatomical plausibility are kept; ``configs/_base_/method/source_free.py`` defines the
    added parts and the teacher.
    """
    added = Config.fromstring(_ADDED, '.py')
    derived = copy.deepcopy(cfg)
    phases = cfg.train_cfg.phases[start_phases(cfg) :]
    is_3d = 'depth_range' in (cfg.model.estimator.head.get('decoder') or {})
    kept = {n: a for n, a in derived.model.alignments.items() if a.type in _KEPT}
    used = [name for name in kept if any(name in phase.parts for phase in phases)]
    alignments = {name: kept[name] for name in used} | added.source_free_alignments
    if is_3d:
        alignments.update(added.source_free_alignments_3d)
        for part in alignments.values():
            if part.type == _TEACHER:
                part.depth = True  # there is no source to learn depth from
    steps = sum(phase.iters for phase in phases)
    keeps = all(phase.get('norm_eval') for phase in phases)
    derived.train_cfg.phases = [
        dict(name='adapt', iters=steps, norm_eval=keeps, parts=list(alignments))
    ]
    # remove them first: otherwise the update would merge the new values into the old
    for key in ('alignments', 'teacher'):
        derived.model.pop(key, None)
    derived.model.update(
        alignments=alignments,
        foreground_head=None,
        teacher=source_free_teacher(steps),
        test_network='student',
    )
    derived.custom_hooks = [
        *(() if keeps else added.target_statistics_hooks),
        *added.source_free_hooks,
        *(hook for hook in cfg.custom_hooks if hook.type not in _LEFT_OUT),
    ]
    derived.optim_wrapper.optimizer.lr *= added.source_free_lr_mult
    derived.optim_wrapper.pop('paramwise_cfg', None)
    _drop_source(derived.train_dataloader.dataset)
    return derived


def source_free_teacher(steps: int) -> dict[str, Any]:
    """Return the teacher's config for an adaptation without a source.

    Args:
        steps (int): Number of steps of the adaptation.
    """
    added = Config.fromstring(_ADDED, '.py')
    start_steps = max(1, int(added.source_free_start_share * steps))
    return dict(added.source_free_teacher, start_steps=start_steps)


def _drop_source(dataset: ConfigDict) -> None:
    metainfo = dataset.source.get('metainfo')
    dataset.source = None
    if metainfo is not None:
        dataset.metainfo = metainfo
    for view in [view for view in dataset.views if view_of(view).domain == 'source']:
        dataset.views.pop(view)


def first_adapting(cfg: Config) -> Optional[int]:
    """Index of the first phase with a mean teacher; None if there is none."""
    alignments: dict[str, Any] = cfg.model.get('alignments') or {}
    teachers = {name for name, part in alignments.items() if part.type == _TEACHER}
    phases = cfg.train_cfg.phases
    return next((n for n, p in enumerate(phases) if teachers & set(p.parts)), None)
