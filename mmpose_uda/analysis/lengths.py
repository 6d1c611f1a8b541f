"""The trainings of an ablation with more steps of adaptation."""

import copy
import re
from collections.abc import Sequence

from mmengine.config import Config

_LONG = re.compile(r'(?P<variant>.+)_x(?P<times>[1-9]\d*)')


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
    for scheduler in derived.get('param_scheduler') or []:
        for key in {'begin', 'end', 'milestones'} & set(scheduler):
            scheduler[key] = _later(scheduler[key], begin, times)
    teacher = dict(cfg.model.get('teacher') or dict(type='TeacherEMA'))
    remembered = 1 / teacher.get('momentum', 0.01)
    teacher.setdefault('memory', min(1.0, remembered / sum(steps)))
    derived.model.teacher = teacher
    return derived


def _later(step: int | Sequence[int], begin: int, times: int) -> int | list[int]:
    """When a step of the adaptation is, or several, if it is so much longer."""
    if isinstance(step, Sequence):
        return [_later(one, begin, times) for one in step]
    return step if step <= begin else begin + times * (step - begin)
