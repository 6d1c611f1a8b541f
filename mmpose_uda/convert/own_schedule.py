"""The length of a stock schedule on the user's labelled images, and ramps that fit it."""

from dataclasses import dataclass
from math import ceil
from typing import Any, Optional

from mmengine.config import Config

from mmpose_uda.config import is_warm_up, listed_schedulers
from mmpose_uda.convert.source_folder import SourceFolder

_RAMP = 1000  # steps, after which a teacher has something to teach
_OF_A_RAMP, _OF_A_WARM_UP = 5, 10  # ramps get at most 1/5 of a run, cut warm-ups 1/10


@dataclass(frozen=True)
class OwnSchedule:
    """A schedule, in steps of one process.

    Args:
        samples (int): Labelled instances.
        batch (int): Instances per step.
        steps (int): Steps of the whole run.
        ramp (int): Steps over which the weights of parts grow.
        warm_up (int): Steps over which the stock learning rate grows; 0 if it does not, or
            if it grows in epochs.
        schedulers (list[dict], optional): Those of the stock config with a shorter warm-up,
            if its own is too long for the run.
    """

    samples: int
    batch: int
    steps: int
    ramp: int
    warm_up: int
    schedulers: Optional[list[dict[str, Any]]]


def own_schedule(cfg: Config, source: SourceFolder) -> Optional[OwnSchedule]:
    """Apply the schedule of a stock config to a source.

    Args:
        cfg (Config): The stock config.
        source (SourceFolder): The labelled data.

    Returns:
        OwnSchedule: None if the config does not specify how long it trains.
    """
    samples, batch = source.samples, cfg.train_dataloader.get('batch_size')
    length = cfg.get('train_cfg') or {}
    if batch and 'max_epochs' in length:
        steps = length['max_epochs'] * ceil(samples / batch)
    elif batch and 'max_iters' in length:
        steps = length['max_iters']
    else:
        return None
    schedulers = [_without_scope(one) for one in listed_schedulers(cfg)]
    warm_up = max([one['end'] for one in schedulers if is_warm_up(one)], default=0)
    shortened = None
    if warm_up > steps // _OF_A_RAMP:
        end = max(1, steps // _OF_A_WARM_UP)
        shortened = [dict(s, end=end) if is_warm_up(s) else s for s in schedulers]
    ramp = min(_RAMP, max(1, steps // _OF_A_RAMP))
    return OwnSchedule(samples, batch, steps, ramp, warm_up, shortened)


def _without_scope(scheduler: dict[str, Any]) -> dict[str, Any]:
    """Drop the scope that mmengine adds to schedulers of another package's config."""
    return {key: value for key, value in scheduler.items() if key != '_scope_'}
