"""Ramps over the first steps of a run, and runs that are too short for them."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log

RAMPS = ('ramp_iters', 'coefficient_ramp')
"""Arguments of parts that set in how many steps a value of theirs ramps up."""

_WARM_UPS = ('LinearLR', 'ConstantLR')


def listed_schedulers(cfg: Config) -> list[dict[str, Any]]:
    """Return the schedulers of a config, which may have a single one without a list."""
    schedulers = cfg.get('param_scheduler')
    if isinstance(schedulers, dict):
        return [schedulers]
    return list(schedulers) if isinstance(schedulers, (list, tuple)) else []


def is_warm_up(scheduler: Mapping[str, Any]) -> bool:
    """Whether a scheduler is a warm-up in steps; mmengine's default is in epochs."""
    return (
        scheduler.get('type') in _WARM_UPS
        and not scheduler.get('by_epoch', True)
        and scheduler.get('begin', 0) == 0
        and 'end' in scheduler
    )


def warn_of_long_ramps(cfg: Config, steps: int) -> None:
    """Warn of a learning rate, or a weight of a part, that does not reach its full value.

    Args:
        cfg (Config): The config of the run.
        steps (int): Its number of iterations.
    """
    phases = cfg.train_cfg.get('phases') or ()
    for key, length, available in [*_warm_ups(cfg, steps), *_ramps(cfg, phases, steps)]:
        if length > available:
            print_log(
                f'`{key}` is {length}, but there are only {available} iterations, so what '
                'ramps up over it stays small: choose a smaller value.',
                'current',
                logging.WARNING,
            )


def _warm_ups(cfg: Config, steps: int) -> Iterator[tuple[str, int, int]]:
    single = isinstance(cfg.get('param_scheduler'), dict)
    for number, scheduler in enumerate(listed_schedulers(cfg)):
        if is_warm_up(scheduler):
            place = '' if single else f'.{number}'
            yield f'param_scheduler{place}.end', scheduler['end'], steps


def _ramps(cfg: Config, phases: Any, steps: int) -> Iterator[tuple[str, int, int]]:
    """Yield the ramps of parts, which begin with each phase that has the part."""
    alignments = (cfg.get('model') or {}).get('alignments') or {}
    for name, part in alignments.items():
        own = [phase['iters'] for phase in phases if name in phase['parts']]
        if own or not phases:
            available = max(own, default=steps)
            for ramp in RAMPS:
                yield f'model.alignments.{name}.{ramp}', part.get(ramp, 0), available
