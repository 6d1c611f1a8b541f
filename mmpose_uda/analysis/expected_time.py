"""Estimate how long trainings will take from a few steps of each phase."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mmengine.config import Config

from mmpose_uda.analysis.logged_steps import EACH_STEP, seconds_per_step

TRIED = 6
"""Number of steps of each phase that a trial takes."""


def trial_options(cfg: Config) -> dict[str, Any]:
    """Return options for a training of :data:`TRIED` logged steps per phase.

    Args:
        cfg (Config): Config of the training.
    """
    phases = [{**phase, 'iters': TRIED} for phase in cfg.train_cfg.phases]
    return {'train_cfg.phases': phases, **EACH_STEP}


@dataclass(frozen=True)
class Pace:
    """How fast a machine trains a method.

    Args:
        phases (dict[str, float]): Phase -> seconds per step.
        around (float): Seconds spent outside the steps: start-up, test, export.
    """

    phases: dict[str, float]
    around: float

    @classmethod
    def of_trial(cls, cfg: Config, lines: Sequence[dict], seconds: float) -> 'Pace':
        """Derive the pace from a training with :func:`trial_options`.

        Args:
            cfg (Config): Config of the training.
            lines (Sequence[dict]): What it logged, one line per step.
            seconds (float): Its total duration.
        """
        names = [phase.name for phase in cfg.train_cfg.phases]
        logged = [lines[n * TRIED : (n + 1) * TRIED] for n in range(len(names))]
        phases = {name: seconds_per_step(part) for name, part in zip(names, logged)}
        steps = sum(line['time'] for line in lines)
        return cls(phases, max(0.0, seconds - steps))

    def seconds(self, cfg: Config) -> float:
        """Duration of training a variant; unknown phases count as the slowest one."""
        slowest = max(self.phases.values())
        return self.around + sum(
            phase.iters * self.phases.get(phase.name, slowest)
            for phase in cfg.train_cfg.phases
        )


def in_words(seconds: float) -> str:
    """Format a duration, such as '12 minutes' or '6.4 hours'."""
    minutes = seconds / 60
    if minutes < 100:
        return f'{round(minutes)} minutes' if minutes >= 1.5 else 'a minute'
    return f'{minutes / 60:.1f} hours'
