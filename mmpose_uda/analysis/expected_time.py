"""How long trainings will take, found by trying a few steps of each phase."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mmengine.config import Config

from mmpose_uda.analysis.logged_steps import EACH_STEP, seconds_a_step

TRIED = 6
"""Steps of each phase."""


def trial_options(cfg: Config) -> dict[str, Any]:
    """Options of a training that takes :data:`TRIED` steps of each phase and logs each.

    Args:
        cfg (Config): Of the training.
    """
    phases = [{**phase, 'iters': TRIED} for phase in cfg.train_cfg.phases]
    return {'train_cfg.phases': phases, **EACH_STEP}


@dataclass(frozen=True)
class Pace:
    """How fast a machine trains a method.

    Args:
        phases (dict[str, float]): Phase -> seconds a step.
        around (float): Seconds of what is not a step: beginning, test, export.
    """

    phases: dict[str, float]
    around: float

    @classmethod
    def of_trial(cls, cfg: Config, lines: Sequence[dict], seconds: float) -> 'Pace':
        """From a training with :func:`trial_options`.

        Args:
            cfg (Config): Of the training.
            lines (Sequence[dict]): What it logged, a line a step.
            seconds (float): How long it took, all in all.
        """
        names = [phase.name for phase in cfg.train_cfg.phases]
        logged = [lines[n * TRIED : (n + 1) * TRIED] for n in range(len(names))]
        phases = {name: seconds_a_step(part) for name, part in zip(names, logged)}
        steps = sum(line['time'] for line in lines)
        return cls(phases, max(0.0, seconds - steps))

    def seconds(self, cfg: Config) -> float:
        """Of a training of a variant of the method; a phase of its own is a slow one."""
        slowest = max(self.phases.values())
        return self.around + sum(
            phase.iters * self.phases.get(phase.name, slowest)
            for phase in cfg.train_cfg.phases
        )


def in_words(seconds: float) -> str:
    """Such as '12 minutes' or '6.4 hours'."""
    minutes = seconds / 60
    if minutes < 100:
        return f'{round(minutes)} minutes' if minutes >= 1.5 else 'a minute'
    return f'{minutes / 60:.1f} hours'
