"""How often verdicts are right, and thresholds that would be right more often."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mmpose_uda.adaptation.calibration import Outcome
from mmpose_uda.adaptation.calibration_plan import FIT, HELD_OUT
from mmpose_uda.adaptation.verdict import (
    BETTER,
    DECISIONS,
    THRESHOLDS,
    WORSE,
    Thresholds,
    judge,
)
from mmpose_uda.markdown import table

_COST = 3  # a verdict that calls a worse model better costs as much as this many others
_FINER = 61  # values of a threshold that are tried to find the middle of the cheapest ones
# The first value of each was chosen by judgement before any run, and stays unless another
# one is better.
_TRIED = dict(
    steadier=(0.9, 0.95, 0.85, 0.8, 0.75, 0.7, 0.65),
    less_steady=(1.05, 1.02, 1.1, 1.2),
    sure=(2.0, 3.0, 1.5),
    collapsed=(0.7, 0.8, 0.6, 0.5),
    unsure=(0.8, 0.9, 0.7),
    implausible=(0.05, 0.02, 0.1, 0.2, 0.4),
    drifted=(3.0, 1.0, 1.5, 2.0, 5.0, 10.0, 20.0),
)


@dataclass(frozen=True)
class Confusion:
    """Counts of verdicts by the true outcome.

    Args:
        counts (dict[str, dict[str, int]]): Truth -> verdict -> runs.
    """

    counts: dict[str, dict[str, int]]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], thresholds: Thresholds) -> 'Confusion':
        """Judge all outcomes."""
        counts = {truth: dict.fromkeys(DECISIONS, 0) for truth in DECISIONS}
        for outcome in outcomes:
            decision = judge(outcome.signals, thresholds).decision
            counts[outcome.truth][decision] += 1
        return cls(counts)

    @property
    def right(self) -> int:
        """Number of runs whose verdict is right."""
        return sum(self.counts[one][one] for one in DECISIONS)

    @property
    def total(self) -> int:
        """Number of all runs."""
        return sum(sum(row.values()) for row in self.counts.values())

    @property
    def worse_called_better(self) -> int:
        """Number of runs that made a model worse and are called better."""
        return self.counts[WORSE][BETTER]

    @property
    def cost(self) -> int:
        """Number of wrong verdicts, in which the worst kind counts more."""
        return self.total - self.right + (_COST - 1) * self.worse_called_better

    def markdown(self) -> str:
        """The matrix of counts, as Markdown."""
        rows = [[truth, *map(str, self.counts[truth].values())] for truth in DECISIONS]
        worse = sum(self.counts[WORSE].values())
        matrix = table(['true \\ verdict', *DECISIONS], rows)
        return (
            f'{matrix}\n{self.right} of {self.total} right; of {worse} that are worse, '
            f'{self.worse_called_better} called better.\n'
        )


def fit(outcomes: Sequence[Outcome], origin: str) -> Thresholds:
    """Find the thresholds whose verdicts cost least, with the widest margins.

    First a small grid is searched two thresholds at a time, twice, because trying all
    combinations would take hours. Then each threshold moves to the (geometric) middle of
    its values that cost as little, which is as far as possible from runs that it would get
    wrong. A threshold that makes no difference stays.

    Args:
        outcomes (Sequence[Outcome]): Outcomes of the half for fitting.
        origin (str): What the thresholds are fitted to, in words.
    """

    def cost(tried: Thresholds) -> int:
        return Confusion.of(outcomes, tried).cost

    judged = {name: values[0] for name, values in _TRIED.items()}
    best = replace(THRESHOLDS, origin=origin, **judged)
    for _ in range(2):
        for one, two in itertools.combinations(_TRIED, 2):
            best = min(_neighbours(best, one, two), key=cost)
    for name in _TRIED:
        best = _centred(best, name, cost)
    return best


def _centred(start: Thresholds, name: str, cost: Callable[[Thresholds], int]) -> Thresholds:
    """``start`` with a field moved to the middle of the values that cost no more."""
    here = getattr(start, name)
    tried = sorted({here, *np.geomspace(min(_TRIED[name]), max(_TRIED[name]), _FINER)})
    least = cost(start)
    ties = [cost(replace(start, **{name: value})) <= least for value in tried]
    if all(ties):
        return start
    first = last = tried.index(here)
    while first > 0 and ties[first - 1]:
        first -= 1
    while last + 1 < len(tried) and ties[last + 1]:
        last += 1
    middle = (tried[first] * tried[last]) ** 0.5
    return replace(start, **{name: round(float(middle), 3)})


def _neighbours(start: Thresholds, one: str, two: str) -> Iterator[Thresholds]:
    """``start``, and all thresholds with other values of two fields."""
    yield start
    for values in itertools.product(_TRIED[one], _TRIED[two]):
        yield replace(start, **dict(zip((one, two), values)))


def runs_table(outcomes: Sequence[Outcome], thresholds: Thresholds) -> str:
    """Return a table with a row per run: what the verdict saw, the verdict, the truth."""
    head = [
        'benchmark', 'case', 'seed', 'half', 'error under changes', 'spread', 'confidence',
        'moved', 'swapped', 'implausible', 'verdict', 'true', 'error on labels',
    ]  # fmt: skip
    rows = []
    for one in outcomes:
        signals, decision = one.signals, judge(one.signals, thresholds).decision
        implausible = signals.implausible
        rows.append(
            [
                one.benchmark,
                one.case,
                str(one.seed),
                one.half,
                _pair(signals.equivariance, 4),
                _pair(signals.spread),
                _pair(signals.confidence),
                f'{signals.moved:.4f}',
                f'{signals.swapped:.2f}',
                '' if implausible is None else _pair(implausible),
                decision if decision == one.truth else f'**{decision}**',
                one.truth,
                ', '.join(f'{_pair(pair)} {unit}' for unit, pair in one.on_labels.items()),
            ]
        )
    return table(head, rows)


def _pair(values: tuple[float, float], decimals: int = 3) -> str:
    return ' to '.join(f'{value:.{decimals}f}' for value in values)


def report(outcomes: Sequence[Outcome]) -> tuple[str, Thresholds]:
    """Return the page of a calibration, and the thresholds fitted to its first half.

    Args:
        outcomes (Sequence[Outcome]): Outcomes of all runs.
    """
    fitted, held_out = (
        [one for one in outcomes if one.half == half] for half in (FIT, HELD_OUT)
    )
    origin = f'fitted to {len(fitted)} runs of calibrate_verdict.py'
    suggested = fit([*fitted, *(one.without_source() for one in fitted)], origin)
    parts = [f'# Calibration of the verdict\n\n{runs_table(outcomes, THRESHOLDS)}']
    for name, thresholds in (('in use', THRESHOLDS), ('suggested', suggested)):
        parts.append(f'## Thresholds {name}\n\n`{thresholds}`\n')
        for half, runs in (('fitted', fitted), ('held-out', held_out)):
            if not runs:
                continue
            unknown = [one.without_source() for one in runs]
            for known, group in (('known', runs), ('not known', unknown)):
                matrix = Confusion.of(group, thresholds).markdown()
                parts.append(f'The {half} half, the source {known}:\n\n{matrix}')
    return '\n'.join(parts), suggested
