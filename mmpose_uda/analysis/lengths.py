"""Variants of a config with a longer adaptation, or with fewer steps in all phases."""

import copy
import re
from collections.abc import Callable, Sequence
from typing import Any

from mmengine.config import Config

from mmpose_uda.config import RAMPS, listed_schedulers, require_phases
from mmpose_uda.errors import UserError

_LONG = re.compile(r'(?P<variant>.+)_x(?P<times>[1-9]\d*)')
_SCHEDULE_STEPS = ('begin', 'end', 'milestones')


def with_length(variant: str, times: int) -> str:
    """Return the name of a variant with a multiple of the adaptation steps."""
    return variant if times == 1 else f'{variant}_x{times}'


def split_length(name: str) -> tuple[str, int]:
    """Split a name into the variant and its length, which is 1 if the name has none."""
    long = _LONG.fullmatch(name)
    return (long['variant'], int(long['times'])) if long else (name, 1)


def lengthened(cfg: Config, times: int, phases_before: int) -> Config:
    """Return a copy of a config whose adaptation is longer.

    The learning-rate schedule is stretched where it lies within the adaptation. Its peak
    is kept, and so are ramps, which cover the first steps of a phase. At the end the
    teacher remembers the same share of the run as before (``memory`` of
    :class:`TeacherEMA`), unless the config sets it.

    Args:
        cfg (Config): Config of a benchmark or of a variant of it.
        times (int): Factor on the number of adaptation steps.
        phases_before (int): Number of phases before the adaptation.
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
    """Return the short form of a config: a share of the steps of all its phases.

    To make the short run a scaled-down long one, these are scaled too: ``begin``, ``end``
    and ``milestones`` of the learning-rate schedules (the peak is kept), ramps, and how
    many steps the teacher remembers.

    Args:
        cfg (Config): Config that trains in phases.
        share (float): Over 0, at most 1.

    Raises:
        UserError: The share is out of range, or the config does not train in phases.
    """
    if not 0 < share <= 1:
        raise UserError(f'A share of {share} is out of range: use over 0, at most 1.')
    derived = copy.deepcopy(cfg)
    if share == 1:
        return derived
    require_phases(cfg)
    for phase in derived.train_cfg.phases:
        phase.iters = _part_of(phase.iters, share)
    _change_schedules(derived, lambda step: _part_of(step, share))
    for key in ('model', 'ablation_parts', 'ablation_extras'):
        _shorten_ramps(derived.get(key) or {}, share)
    teacher = _teacher(cfg)
    # below 1, as mmengine's average requires
    teacher['momentum'] = min(0.99, teacher.get('momentum', 0.01) / share)
    if 'start_steps' in teacher:
        teacher['start_steps'] = _part_of(teacher['start_steps'], share)
    derived.model.teacher = teacher
    return derived


def _teacher(cfg: Config) -> dict[str, Any]:
    return dict(cfg.model.get('teacher') or dict(type='TeacherEMA'))


def _change_schedules(cfg: Config, change: Callable[[int], int]) -> None:
    """Apply a function to all step numbers in the learning-rate schedules."""
    for scheduler in listed_schedulers(cfg):
        for key in set(_SCHEDULE_STEPS) & set(scheduler):
            steps = scheduler[key]
            is_one = not isinstance(steps, Sequence)
            scheduler[key] = change(steps) if is_one else [change(one) for one in steps]


def _part_of(steps: int, share: float) -> int:
    """A share of a number of steps: at least 1, but 0 stays 0."""
    return max(1, round(share * steps)) if steps else 0


def _shorten_ramps(config: Any, share: float) -> None:
    values = config.values() if isinstance(config, dict) else config
    for value in values:
        if isinstance(value, (dict, list, tuple)):
            _shorten_ramps(value, share)
    if isinstance(config, dict):
        for key in list(config):  # keys of options are dotted and end in the name
            if key.rpartition('.')[2] in RAMPS:
                config[key] = _part_of(config[key], share)


def _later(step: int, begin: int, times: int) -> int:
    """Where a step ends up if the adaptation, which starts at `begin`, is longer."""
    return step if step <= begin else begin + times * (step - begin)
