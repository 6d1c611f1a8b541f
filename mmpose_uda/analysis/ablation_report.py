"""Results of an ablation as a table, as JSON and as a bar chart."""

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import matplotlib
import numpy as np

from mmpose_uda.analysis.ablation import Results
from mmpose_uda.analysis.lengths import split_length
from mmpose_uda.analysis.source_free import SOURCE_FREE, SOURCE_START
from mmpose_uda.analysis.variants import CONTROLS
from mmpose_uda.errors import writing
from mmpose_uda.evaluation.metric_values import (
    enough_decimals,
    lower_is_better,
    short_names,
)
from mmpose_uda.markdown import table
from mmpose_uda.whole_files import whole_file

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402

_CONTROL_TITLES = dict(
    source_weak='source only, weak augmentation',
    source_strong='source only, strong augmentation',
)
_START_TITLE = 'source only, before the adaptation'
_TITLES = {
    'full': 'adapted',
    SOURCE_FREE: 'adapted without the source',
    'oracle': 'oracle (target labels)',
    'only_from_scratch': 'source only, from scratch',
    'with_from_scratch': 'adapted, from scratch',
}
_NETWORK_TITLES = dict(
    student='',
    target=', EMA',
    student_adabn=', target BatchNorm',
    target_adabn=', EMA, target BatchNorm',
)
_COLOURS = dict(
    control='#9aa5b1', start='#c9d0d8', part='#7fb3d5', full='#1f6fb2', oracle='#444444'
)
_HOW = {'only': 'source only +', 'without': 'adapted -', 'with': 'adapted +'}


@dataclass(frozen=True)
class Row:
    """One row of the table: a network of a variant.

    Args:
        title (str): Title of the row.
        kind (str): 'control', 'start' (the start of another run, or a run from scratch),
            'part', 'full' or 'oracle'.
        metrics (dict[str, list[float]]): Metric -> value per seed.
        start (str): What the training started from, such as 'ImageNet'.
        times (int): Factor on the number of adaptation steps.
    """

    title: str
    kind: str
    metrics: dict[str, list[float]]
    start: str = ''
    times: int = 1

    def mean(self, metric: str) -> float:
        """Mean of a metric over the seeds."""
        return float(np.mean(self.metrics[metric]))

    def spread(self, metric: str) -> Optional[float]:
        """Standard deviation (n - 1) over the seeds; None for a single seed."""
        values = self.metrics[metric]
        return float(np.std(values, ddof=1)) if len(values) > 1 else None


class AblationReport:
    """The rows of an ablation and the gap that each closes.

    Args:
        results (Results): The measured metrics.
        constants (dict[str, dict[str, float]]): Rows at the top that need no training:
            title -> metric -> value.
        headline (str, optional): Name, as in the table, of the metric whose closed gap the
            rows show. Defaults to the first metric.
        starts (dict[str, str], optional): Variant -> what its training started from.
    """

    def __init__(
        self,
        results: Results,
        constants: dict[str, dict[str, float]],
        headline: Optional[str] = None,
        starts: Optional[dict[str, str]] = None,
    ):
        self.constants = constants
        self.rows = make_rows(results, starts or {})
        self.metrics = list(next(iter(results.values()))['target'])
        self.names = short_names(self.metrics)
        named = {name: metric for metric, name in self.names.items()}
        self.headline = named[headline] if headline else self.metrics[0]

    def gap_closed(self, row: Row, metric: str) -> Optional[float]:
        """(best control - row) / (best control - oracle), from means over the seeds.

        Controls and oracle are those trained for as many steps as the row. None if either
        is missing, or if the oracle is no better than the best control.
        """
        beside = [other for other in self.rows if other.times == row.times]
        controls = [r.mean(metric) for r in beside if r.kind == 'control']
        oracles = [r.mean(metric) for r in beside if r.kind == 'oracle']
        if not controls or not oracles:
            return None
        sign = 1 if lower_is_better(metric) else -1
        best = min(sign * control for control in controls)
        gap = best - sign * oracles[0]
        return (best - sign * row.mean(metric)) / gap if gap > 0 else None

    def markdown(self) -> str:
        """The table in Markdown: mean ± standard deviation over the seeds."""
        gap = f'gap closed ({self.names[self.headline]})'
        head = ['run', 'start', *self.names.values(), gap]
        rows = []
        for title, values in self.constants.items():
            cells = [_number(values[m]) if m in values else '' for m in self.metrics]
            rows.append([title, '', *cells, ''])
        for row in self.rows:
            cells = [_mean_and_spread(row, metric) for metric in self.metrics]
            share = self.gap_closed(row, self.headline)
            shown = share is not None and row.kind in ('part', 'full')
            closed = f'{100 * share:.0f} %' if shown else ''
            rows.append([row.title, row.start, *cells, closed])
        return table(head, rows)

    def as_dict(self) -> dict:
        """The whole report, ready for JSON."""
        return dict(
            headline=self.headline,
            constants=self.constants,
            rows=[
                dict(
                    title=row.title,
                    kind=row.kind,
                    start=row.start,
                    times=row.times,
                    metrics=row.metrics,
                    gap_closed={m: self.gap_closed(row, m) for m in self.metrics},
                )
                for row in self.rows
            ],
        )

    def save_chart(self, path: Path) -> None:
        """Save a PNG with one bar per row: headline metric and spread over the seeds."""
        rows = self.rows[::-1]  # the first row at the top
        figure, axes = plt.subplots(figsize=(7, 0.8 + 0.32 * len(rows)))
        axes.barh(
            [row.title for row in rows],
            [row.mean(self.headline) for row in rows],
            xerr=[row.spread(self.headline) or 0 for row in rows],
            color=[_COLOURS[row.kind] for row in rows],
        )
        better = 'lower' if lower_is_better(self.headline) else 'higher'
        axes.set_xlabel(f'{self.names[self.headline]} on the target ({better} is better)')
        axes.spines[['top', 'right']].set_visible(False)
        with writing(path), whole_file(path) as partial:
            figure.savefig(partial, format='png', bbox_inches='tight', dpi=110)
        plt.close(figure)


def make_rows(results: Results, starts: dict[str, str]) -> list[Row]:
    """Make rows: all evaluations of controls and starts, the teacher of other variants."""
    rows = []
    for name, networks in results.items():
        variant, times = split_length(name)
        longer = f', {times} times the adaptation' if times > 1 else ''
        of_all = dict(start=starts.get(name, ''), times=times)
        titles = {**_CONTROL_TITLES, SOURCE_START: _START_TITLE}
        if variant in titles:
            kind = 'control' if variant in CONTROLS else 'start'
            for network, title in _NETWORK_TITLES.items():
                if network in networks:
                    title = titles[variant] + longer + title
                    rows.append(Row(title, kind, networks[network], **of_all))
        else:
            title = _title(variant) + longer
            rows.append(Row(title, _kind(variant), networks['target'], **of_all))
    return rows


def _kind(variant: str) -> str:
    if variant.endswith('_from_scratch'):
        return 'start'  # the gap of pretrained networks does not apply to it
    return variant if variant in ('full', 'oracle') else 'part'


def _title(variant: str) -> str:
    if variant in _TITLES:
        return _TITLES[variant]
    how, part = variant.split('_', 1)
    return f'{_HOW[how]} {part.replace("_", " ")}'


def _mean_and_spread(row: Row, metric: str) -> str:
    mean, spread = row.mean(metric), row.spread(metric)
    decimals = enough_decimals(mean)
    text = f'{mean:.{decimals}f}'
    return text if spread is None else f'{text} ± {spread:.{decimals}f}'


def _number(value: float) -> str:
    return f'{value:.{enough_decimals(value)}f}'
