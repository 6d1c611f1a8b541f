"""Train a method, its controls and its ablations over seeds."""

import json
import os
import queue
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Optional, Sequence

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from rich.progress import Progress

from mmpose_uda.analysis.expected_time import Pace, in_words, trial_options
from mmpose_uda.analysis.lengths import shortened, split_length, with_length
from mmpose_uda.analysis.logged_steps import read_scalars
from mmpose_uda.analysis.source_free import (
    SOURCE_FREE,
    SOURCE_START,
    source_free_variants,
)
from mmpose_uda.analysis.variants import CONTROLS, variant_config, variant_names
from mmpose_uda.config import last_checkpoint, load_config, prepare_data
from mmpose_uda.errors import UserError, writing
from mmpose_uda.models.utils import batch_norm_layers
from mmpose_uda.whole_files import write_whole

# Key in `summary.json` -> name of the network
NETWORKS = dict(student='student', target='teacher')
SHARE = 'share.json'
_VISIBLE = 'CUDA_VISIBLE_DEVICES'
_EVALUATED_AGAIN = (*CONTROLS, SOURCE_START)

Results = dict[str, dict[str, dict[str, list[float]]]]
"""Variant -> network -> metric -> value per seed."""


def run_variants(
    config: str,
    seeds: Sequence[int],
    variants: Sequence[str],
    out_dir: str,
    jobs: Optional[int] = None,
    launcher: str = 'none',
    share: float = 1.0,
    tell: Optional[Callable[[str], None]] = None,
) -> None:
    """Train variants of a config over seeds, each run in its own process.

    Runs with a complete ``summary.json`` are skipped, interrupted ones are resumed. If the
    network has BatchNorm, controls are evaluated again with the target's statistics.

    Args:
        config (str): Path of the method's config.
        seeds (Sequence[int]): Seeds of the trainings.
        variants (Sequence[str]): Names from :func:`variant_names` and
            :func:`source_free_variants`; 'source_free' also runs its 'source_start'.
        out_dir (str): Gets one folder ``<variant>_seed<seed>`` per run.
        jobs (int, optional): Number of concurrent runs. On this machine it defaults to
            one; each run gets its own GPU or, without GPUs, a single thread if there are
            several jobs. With Slurm, all runs are submitted at once by default.
        launcher (str): 'none' for this machine, or 'slurm' for one cluster job per run.
        share (float): Share of the steps of all phases to train (:func:`shortened`).
        tell (callable, optional): Called with a message on how long the runs will take on
            this machine, if more than one is left; this first tries a few steps of each
            phase.

    Raises:
        UserError: A variant is unknown, a run failed, there are no jobs or more jobs than
            GPUs, the folder has runs of another config or share, or Slurm is not
            available.
    """
    # All variants of a seed before the next seed: a table of one seed is ready early.
    runs = [(variant, seed) for seed in seeds for variant in _own_runs(variants)]
    jobs = jobs or (1 if launcher == 'none' else len(runs))
    places = _places(jobs) if launcher == 'none' else _cluster_places(jobs)
    out, cfg = Path(out_dir), shortened(load_config(config), share)
    out.mkdir(parents=True, exist_ok=True)
    _keep_share(out, share)
    cfgs = {one: variant_config(cfg, one) for v in variants for one in _with_start(v)}
    for variant, derived in cfgs.items():
        _write_config(derived, out, variant)
    # Several variants may start from the same model, which is trained only once.
    locks = {(one, seed): Lock() for name, seed in runs for one in _with_start(name)}
    init_default_scope('mmpose')
    left = [cfgs[v] for v, seed in locks if not _is_done(out / f'{v}_seed{seed}')]
    if tell is not None and launcher == 'none' and len(left) > 1:
        tell(f'{len(left)} trainings are left. Trying a few steps of each phase.')
        tell(_expected_time(cfg, left, out, places))
    adabn = bool(batch_norm_layers(MODELS.build(cfg.model.estimator)))
    with Progress(refresh_per_second=1) as progress, ThreadPoolExecutor(jobs) as pool:
        task = progress.add_task('trainings', total=len(runs))

        def run(variant: str, seed: int) -> Optional[str]:
            place = places.get()
            try:
                for one in _with_start(variant):
                    is_again = split_length(one)[0] in _EVALUATED_AGAIN
                    with locks[one, seed]:
                        error = _train(out, one, seed, place)
                        if error is None and adabn and is_again:
                            error = _evaluate_adabn(out, one, seed, place)
                    if error is not None:
                        break
            finally:
                places.put(place)
            progress.advance(task)
            return error

        futures = [pool.submit(run, *each) for each in runs]
        try:
            wait(futures)  # a run that raises does not stop the others
        finally:  # after an interrupt, start no more runs
            for future in futures:
                future.cancel()
    errors = [error for future in futures if (error := future.result()) is not None]
    if errors:
        raise UserError(f'{len(errors)} of {len(runs)} trainings failed: {errors[0]}')


def _expected_time(
    cfg: Config, left: Sequence[Config], out: Path, places: queue.Queue
) -> str:
    """Estimate how long the remaining trainings will take, as a sentence."""
    at_once = min(places.qsize(), len(left))
    prepare_data(cfg)  # a one-time cost that must not count towards the trial
    folder = Path(tempfile.mkdtemp(prefix='trial_', dir=out))
    write_whole(folder / 'method.py', cfg.pretty_text)
    command = command_for(
        'train',
        config=str(folder / 'method.py'),
        work_dir=str(folder),
        cfg_options=trial_options(cfg),
    )
    place = places.get()
    begun = time.monotonic()
    error = _call(command, folder, place)
    seconds = time.monotonic() - begun
    places.put(place)
    lines = read_scalars(folder)
    if error is not None or not lines:
        return f'Their duration could not be estimated: see the logs in {folder}.'
    pace = Pace.of_trial(cfg, lines, seconds)
    shutil.rmtree(folder)
    words = in_words(sum(map(pace.seconds, left)) / at_once)
    steps = sum(phase.iters for one in left for phase in one.train_cfg.phases)
    return f'{steps} steps in all: roughly {words} on this machine.'


def _with_start(variant: str) -> tuple[str, ...]:
    """The variant, preceded by the one whose model it starts from, if any."""
    is_source_free = split_length(variant)[0] == SOURCE_FREE
    return (SOURCE_START, variant) if is_source_free else (variant,)


def _own_runs(variants: Sequence[str]) -> list[str]:
    """Drop variants that others run anyway: no two runs may share a folder."""
    brought = {start for name in variants for start in _with_start(name)[:-1]}
    return [name for name in variants if name not in brought]


def _keep_share(out: Path, share: float) -> None:
    """Record the share of steps, which must be the same for all runs of a folder."""
    path = out / SHARE
    kept = json.loads(path.read_text('utf-8')) if path.exists() else 1.0
    if kept != share and any(out.glob('*_seed*')):
        raise UserError(
            f'{out} has runs of another --share, {kept:g}: name another --out, or remove '
            'those runs.'
        )
    with writing(path):
        write_whole(path, json.dumps(share))


def _write_config(cfg: Config, out: Path, variant: str) -> None:
    """Write the config of a variant, which must equal that of any earlier runs."""
    path = out / f'{variant}.py'
    has_runs = any(out.glob(f'{variant}_seed*/last_checkpoint'))
    if has_runs and path.exists() and Config.fromfile(path).to_dict() != cfg.to_dict():
        raise UserError(
            f'{out} has runs of another config, or of an earlier version of this one '
            f'({path.name} differs): name another --out, or remove those runs.'
        )
    with writing(path):
        write_whole(path, cfg.pretty_text)


@dataclass(frozen=True)
class _Place:
    """Where a run is executed.

    Args:
        env (dict[str, str]): Environment variables in addition to those of this process.
        srun (tuple[str, ...]): The srun command that starts it on a cluster, empty here.
    """

    env: dict[str, str] = field(default_factory=dict)
    srun: tuple[str, ...] = ()


def _cluster_places(jobs: int) -> queue.Queue:
    """One place per job of one task and one GPU each; Slurm queues what does not fit."""
    if shutil.which('srun') is None:
        raise UserError(
            '--launcher slurm needs srun, which was not found: run this on a machine of '
            'the cluster.'
        )
    cores = os.environ.get('CPUS_PER_TASK', '5')
    asked = (
        '--ntasks=1',
        '--gres=gpu:1',
        f'--cpus-per-task={cores}',
        '--input=none',
        '--quit-on-interrupt',
    )
    # last, so that the user's arguments override ours
    more = shlex.split(os.environ.get('SRUN_ARGS', ''))
    places: queue.Queue = queue.Queue()
    for _ in range(jobs):
        places.put(_Place(srun=('srun', *asked, *more)))
    return places


def _places(jobs: int) -> queue.Queue:
    """One place per concurrent run on this machine."""
    gpus = _visible_gpus()
    if jobs < 1:
        raise UserError(f'--jobs {jobs} runs nothing: use 1 or more.')
    if gpus and jobs > len(gpus):
        raise UserError(
            f'{jobs} jobs need more than the {len(gpus)} GPUs available: use --jobs '
            f'{len(gpus)}.'
        )
    places: queue.Queue = queue.Queue()
    for number in range(jobs):
        if gpus:
            places.put(_Place({_VISIBLE: gpus[number]}))
        else:
            places.put(_Place({'OMP_NUM_THREADS': '1'} if jobs > 1 else {}))
    return places


def _visible_gpus() -> list[str]:
    """The names in CUDA_VISIBLE_DEVICES of the GPUs that this process may use."""
    count = torch.cuda.device_count()
    named = os.environ.get(_VISIBLE)
    names = named.split(',') if named else map(str, range(count))
    # CUDA ignores all names after the first GPU that does not exist
    return [name.strip() for name in names][:count]


def _train(out: Path, variant: str, seed: int, place: _Place) -> Optional[str]:
    """Run one training; return which log to read if it failed."""
    work_dir = out / f'{variant}_seed{seed}'
    if _is_done(work_dir):
        return None
    work_dir.mkdir(exist_ok=True)
    command = command_for(
        'train',
        config=str(out / f'{variant}.py'),
        work_dir=str(work_dir),
        seed=seed,
        resume='auto' if last_checkpoint(str(work_dir)) else None,
        cfg_options=_start_options(out, variant, seed),
    )
    return _call(command, work_dir, place)


def _start_options(out: Path, variant: str, seed: int) -> Optional[dict[str, Any]]:
    *before, _ = _with_start(variant)
    if not before:
        return None
    return dict(load_from=last_checkpoint(str(out / f'{before[-1]}_seed{seed}')))


def _is_done(work_dir: Path) -> bool:
    """Whether a run has a complete summary."""
    try:
        summary = json.loads((work_dir / 'summary.json').read_text('utf-8'))
    except (OSError, ValueError):
        return False
    return isinstance(summary, dict) and NETWORKS.keys() <= summary.keys()


def _evaluate_adabn(out: Path, variant: str, seed: int, place: _Place) -> Optional[str]:
    """Evaluate both networks of a run with BatchNorm statistics of the target."""
    work_dir = out / f'{variant}_seed{seed}'
    for key, network in NETWORKS.items():
        found = work_dir / f'{key}_adabn.json'
        if found.exists():
            continue
        command = command_for(
            'evaluate',
            config=str(out / f'{variant}.py'),
            checkpoint=last_checkpoint(str(work_dir)),
            which=network,
            work_dir=str(work_dir),
            out=str(found),
            target_statistics=True,
        )
        error = _call(command, work_dir, place)
        if error is not None:
            return error
    return None


def command_for(function: str, **arguments: Any) -> list[str]:
    """Return the command that calls a function of :mod:`mmpose_uda.apis` in a new process.

    Args:
        function (str): Name of the function.
        **arguments: Its arguments, which must be serialisable as JSON.
    """
    return [sys.executable, '-m', 'mmpose_uda.apis.call', function, json.dumps(arguments)]


def _call(command: list[str], work_dir: Path, place: _Place) -> Optional[str]:
    env = {**os.environ, **place.env}
    if place.srun:
        command = [*place.srun, f'--job-name={work_dir.name}', *command]
    with open(work_dir / 'console.log', 'a') as log:
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, env=env)
    return None if done.returncode == 0 else f'read {work_dir}/console.log.'


def collect(config: str, out_dir: str, seeds: Sequence[int]) -> Results:
    """Collect the metrics of the variants that are finished for all seeds.

    Networks are 'target' (the teacher) and 'student', and 'target_adabn' and
    'student_adabn' for the same with BatchNorm statistics of the target.
    """
    found: Results = {}
    for variant in _known_variants(config, Path(out_dir)):
        folders = _folders(out_dir, variant, seeds)
        if all(map(_is_done, folders)):
            found[variant] = _merge([_read_run(folder) for folder in folders])
    return found


def collect_starts(
    out_dir: str, variants: Sequence[str], seeds: Sequence[int]
) -> dict[str, str]:
    """What finished trainings started from, by variant: 'ImageNet', 'scratch' or a file."""
    found = {}
    for variant in variants:
        starts = [_read_start(folder) for folder in _folders(out_dir, variant, seeds)]
        found[variant] = ', '.join(dict.fromkeys(starts))
    return found


def _folders(out_dir: str, variant: str, seeds: Sequence[int]) -> list[Path]:
    return [Path(out_dir) / f'{variant}_seed{seed}' for seed in seeds]


def _known_variants(config: str, out: Path) -> Iterator[str]:
    """All variants of a config, each followed by its trained longer ones."""
    cfg = load_config(config)
    written = [split_length(path.stem) for path in out.glob('*_x*.py')]
    for variant in (*variant_names(cfg), *source_free_variants(cfg)):
        yield variant
        for times in sorted(times for name, times in written if name == variant):
            yield with_length(variant, times)


def _read_start(folder: Path) -> str:
    start = json.loads((folder / 'summary.json').read_text()).get('start', 'unknown')
    # only the name of a file, since its folder may be long
    return ', '.join(Path(one).name for one in start.split(', '))


def _read_run(folder: Path) -> dict[str, dict[str, float]]:
    """Network -> metric -> value of one run."""
    summary = json.loads((folder / 'summary.json').read_text())
    networks = {key: summary[key] for key in NETWORKS}
    for key in NETWORKS:
        adabn = folder / f'{key}_adabn.json'
        if adabn.exists():
            networks[f'{key}_adabn'] = json.loads(adabn.read_text())['target']
    return networks


def _merge(runs: list[dict]) -> dict[str, dict[str, list[float]]]:
    """Network -> metric -> the values of all runs."""
    return {
        network: {metric: [run[network][metric] for run in runs] for metric in metrics}
        for network, metrics in runs[0].items()
        if all(network in run for run in runs)
    }
