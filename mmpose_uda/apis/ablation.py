"""Running a method and its controls over seeds, and the table of what came out."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Sequence

import numpy as np
from rich.progress import Progress

from mmpose_uda.apis.config import load_config
from mmpose_uda.apis.controls import CONTROLS, control_config
from mmpose_uda.errors import UserError

TRAIN = Path(__file__).parents[2] / 'tools' / 'train.py'


@dataclass(frozen=True)
class Row:
    """One line of the table: a network of a variant.

    Args:
        title (str): What the line is called.
        variant (str): Key of :data:`CONTROLS`.
        network (str): 'target' (the teacher) or 'student', a key of ``summary.json``.
        is_control (bool): Whether adaptation is measured against it.
    """

    title: str
    variant: str
    network: str
    is_control: bool


ROWS = (
    Row('source only, weak augmentation', 'source_weak', 'student', True),
    Row('source only, weak augmentation, EMA', 'source_weak', 'target', True),
    Row('source only, strong augmentation', 'source_strong', 'student', True),
    Row('source only, strong augmentation, EMA', 'source_strong', 'target', True),
    Row('adapted', 'full', 'target', False),
    Row('oracle (target labels)', 'oracle', 'target', False),
)


def run_variants(
    config: str,
    seeds: Sequence[int],
    variants: Sequence[str],
    out_dir: str,
    jobs: int = 1,
) -> None:
    """Train variants of a config over seeds, each in a process of its own.

    Runs that have their ``summary.json`` are skipped, begun ones are resumed.

    Args:
        config (str): Config of the method.
        seeds (Sequence[int]): Seeds of the trainings.
        variants (Sequence[str]): Keys of :data:`CONTROLS`.
        out_dir (str): One folder ``<variant>_seed<seed>`` a run goes here.
        jobs (int): Runs at the same time; more than one run gets one thread each.

    Raises:
        UserError: A variant is unknown, or a run failed.
    """
    out, cfg = Path(out_dir), load_config(config)
    out.mkdir(parents=True, exist_ok=True)
    for variant in variants:
        control_config(cfg, variant).dump(out / f'{variant}.py')
    runs = [(variant, seed) for seed in seeds for variant in variants]
    with Progress(refresh_per_second=1) as progress, ThreadPoolExecutor(jobs) as pool:
        task = progress.add_task('trainings', total=len(runs))

        def run(variant: str, seed: int) -> Optional[str]:
            error = _train(out, variant, seed, single_thread=jobs > 1)
            progress.advance(task)
            return error

        errors = [e for e in pool.map(lambda r: run(*r), runs) if e is not None]
    if errors:
        raise UserError(f'{len(errors)} of {len(runs)} trainings failed: {errors[0]}')


def _train(out: Path, variant: str, seed: int, single_thread: bool) -> Optional[str]:
    """One training; returns where to read about it if it failed."""
    work_dir = out / f'{variant}_seed{seed}'
    if (work_dir / 'summary.json').exists():
        return None
    work_dir.mkdir(exist_ok=True)
    command = [sys.executable, TRAIN, out / f'{variant}.py']
    command += ['--work-dir', work_dir, '--seed', str(seed)]
    if (work_dir / 'last_checkpoint').exists():
        command.append('--resume')
    env = dict(os.environ, OMP_NUM_THREADS='1') if single_thread else None
    with open(work_dir / 'console.log', 'a') as log:
        done = subprocess.run(
            list(map(str, command)), stdout=log, stderr=subprocess.STDOUT, env=env
        )
    return None if done.returncode == 0 else f'read {work_dir}/console.log.'


def collect(
    out_dir: str, seeds: Sequence[int]
) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Metrics of all finished runs: variant -> network -> metric -> value per seed."""
    found: dict = {}
    for variant in CONTROLS:
        paths = [Path(out_dir) / f'{variant}_seed{s}' / 'summary.json' for s in seeds]
        if not all(path.exists() for path in paths):
            continue
        summaries = [json.loads(path.read_text()) for path in paths]
        found[variant] = {
            network: {
                metric: [summary[network][metric] for summary in summaries]
                for metric in summaries[0][network]
            }
            for network in ('target', 'student')
        }
    return found


def markdown_table(
    results: dict,
    constants: dict[str, dict[str, float]],
    lower_is_better: Sequence[str],
) -> str:
    """The table of :data:`ROWS`, and the share of the gap that adaptation closes.

    Args:
        results (dict): Of :func:`collect`.
        constants (dict[str, dict[str, float]]): Further rows on top: title -> metric ->
            value.
        lower_is_better (Sequence[str]): Metric names (without prefix) to be minimised.

    Returns:
        str: Markdown. Mean ± standard deviation (n - 1) over the seeds.
    """
    metrics = list(next(iter(results.values()))['target'])
    names = [metric.split('/')[-1] for metric in metrics]
    lines = [' | '.join(['run', *names]), ' | '.join(['---'] * (len(names) + 1))]
    for title, values in constants.items():
        cells = [_number(values[name]) if name in values else '' for name in names]
        lines.append(' | '.join([title, *cells]))
    for row in ROWS:
        if row.variant in results:
            values = results[row.variant][row.network]
            cells = [_mean_and_spread(values[metric]) for metric in metrics]
            lines.append(' | '.join([row.title, *cells]))
    if {'full', 'oracle'} <= set(results):
        shares = [
            f'{100 * gap_closed(results, metric, name in lower_is_better):.0f} %'
            for metric, name in zip(metrics, names)
        ]
        title = 'gap between the best control and the oracle that is closed'
        lines.append(' | '.join([title, *shares]))
    return '\n'.join(f'| {line} |' for line in lines) + '\n'


def gap_closed(results: dict, metric: str, lower_is_better: bool) -> float:
    """(best control - adapted) / (best control - oracle), of means over the seeds."""

    def mean(row: Row) -> float:
        return float(np.mean(results[row.variant][row.network][metric]))

    rows = [row for row in ROWS if row.variant in results]
    controls = [mean(row) for row in rows if row.is_control]
    best = min(controls) if lower_is_better else max(controls)
    adapted = next(mean(row) for row in rows if row.variant == 'full')
    oracle = next(mean(row) for row in rows if row.variant == 'oracle')
    return (best - adapted) / (best - oracle)


def _mean_and_spread(values: Sequence[float]) -> str:
    if len(values) == 1:
        return _number(values[0])
    return f'{_number(np.mean(values))} ± {_number(np.std(values, ddof=1))}'


def _number(value: float) -> str:
    return f'{value:.1f}' if value >= 2 else f'{value:.3f}'
