"""The trainings of an ablation with more steps of adaptation, or fewer steps of all."""

import copy
import re
from collections.abc import Callable, Sequence
from typing import Any

from mmengine.config import Config

from mmpose_uda.config import RAMPS
from mmpose_uda.errors import UserError

_LONG = re.compile(r'(?P<variant>.+)_x(?P<times>[1-9]\d*)')
_SCHEDULE_STEPS = ('begin', 'end', 'milestones')


def with_length(variant: str, times: int) -> str:
    """The name of a variant with so many times the steps of adaptation."""
    return variant if times == 1 else f'{variant}_x{times}'


def split_length(name: str) -> tuple[str, int]:
    """The name of a variant without its length, and that: 1 if it says none."""
    long = _LONG.fullmatch(name)
    return (long['variant'], int(long['times'])) if long else (name, 1)


def lengthened(cfg: Config, times: int, phases_before: int) -> Config:
    """A copy of a config whose adaptation is longer.

    What of the learning rate's schedule lies within the adaptation follows it; its peak
    stays, and so do ramps, which are over the first steps of a phase. The teacher remembers
    the same share of a run at its end (``memory`` of :class:`TeacherEMA`), unless the
    config says which.

    Args:
        cfg (Config): Config of a benchmark or of a variant of it.
        times (int): Factor of the steps.
        phases_before (int): Phases before the adaptation.
    """
    derived = copy.deepcopy(cfg)
    phases = derived.train_cfg.phases
    steps = [phase.iters for phase in phases]
    begin = sum(steps[:phases_before])
    for phase in phases[phases_before:]:
        phase.iters *= times
    _change_schedules(derived, lambda step: _later(step, begin, times))
    teacher = _teacher(cfg)
    remembered = 1 / teacher.get('momentum', 0.01)
    teacher.setdefault('memory', min(1.0, remembered / sum(steps)))
    derived.model.teacher = teacher
    return derived


def shortened(cfg: Config, share: float) -> Config:
    """A copy of a config with a share of the steps of all its phases: its short form.

    So that a short run is a long one in small, these follow: ``begin``, ``end`` and
    ``milestones`` of the schedules of the learning rate, whose peak stays, ramps, and how
    many steps the teacher remembers.

    Args:
        cfg (Config): Config that trains in phases.
        share (float): Over 0, at most 1.

    Raises:
        UserError: The share is none, or the config trains in no phases.
    """
    if not 0 < share <= 1:
        raise UserError(f'{share} of the steps are none to train: use over 0, at most 1.')
    derived = copy.deepcopy(cfg)
    if share == 1:
        return derived
    if 'phases' not in (cfg.get('train_cfg') or {}):
        raise UserError(
            f'{cfg.filename} trains in no phases: only those have a short form.'
        )
    for phase in derived.train_cfg.phases:
        phase.iters = _part_of(phase.iters, share)
    _change_schedules(derived, lambda step: _part_of(step, share))
    for key in ('model', 'ablation_parts', 'ablation_extras'):
        _shorten_ramps(derived.get(key) or {}, share)
    teacher = _teacher(cfg)
    # not 1, of which mmengine makes no average
    teacher['momentum'] = min(0.99, teacher.get('momentum', 0.01) / share)
    if 'start_steps' in teacher:
        teacher['start_steps'] = _part_of(teacher['start_steps'], share)
    derived.model.teacher = teacher
    return derived


def _teacher(cfg: Config) -> dict[str, Any]:
    return dict(cfg.model.get('teacher') or dict(type='TeacherEMA'))


def _change_schedules(cfg: Config, change: Callable[[int], int]) -> None:
    """Move what the schedules of the learning rate tell in steps."""
    schedulers = cfg.get('param_scheduler') or []
    for scheduler in [schedulers] if isinstance(schedulers, dict) else schedulers:
        for key in set(_SCHEDULE_STEPS) & set(scheduler):
            steps = scheduler[key]
            is_one = not isinstance(steps, Sequence)
            scheduler[key] = change(steps) if is_one else [change(one) for one in steps]


def _part_of(steps: int, share: float) -> int:
    """A share of steps, of which at least one is left."""
    return max(1, round(share * steps)) if steps else 0


def _shorten_ramps(config: Any, share: float) -> None:
    values = config.values() if isinstance(config, dict) else config
    for value in values:
        if isinstance(value, (dict, list, tuple)):
            _shorten_ramps(value, share)
    if isinstance(config, dict):
        for key in list(config):  # some are dotted, and end so
            if key.rpartition('.')[2] in RAMPS:
                config[key] = _part_of(config[key], share)


def _later(step: int, begin: int, times: int) -> int:
    """When a step of the adaptation is, if that is so much longer."""
    return step if step <= begin else begin + times * (step - begin)
