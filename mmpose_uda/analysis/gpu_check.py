"""Check that everything runs on a device, by short runs of the tools as processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, Optional, TextIO

import numpy as np
import torch
from mmengine.config import Config

import mmpose_uda
from mmpose_uda.config import load_config
from mmpose_uda.errors import UserError
from mmpose_uda.markdown import table
from mmpose_uda.whole_files import write_whole

SECONDS = 480  # for all checks together
_SHOWN_LINES = 15  # of the log of a failed check
_BATCH = 32  # images per domain
_HAND, _HUMAN = 'configs/uda/hand_3d.py', 'configs/uda/human_2d.py'
_RUN = 'runs/hand_3d'


@dataclass(frozen=True)
class Check:
    """One command.

    Args:
        name (str): What it checks.
        command (tuple[str, ...]): The command, with paths as in a checkout.
        limit (float): Seconds after which it counts as failed.
        figures (str): JSON file that it writes, '' for none.
    """

    name: str
    command: tuple[str, ...]
    limit: float = 90
    figures: str = ''


@dataclass
class Outcome:
    """The result of a check.

    Args:
        name (str): Name of the check.
        seconds (float): How long it took.
        problem (str): Why it failed; '' if it passed.
        figures (dict): What it measured.
    """

    name: str
    seconds: float
    problem: str = ''
    figures: dict[str, Any] = field(default_factory=dict)


def describe_device(device: str) -> dict[str, Any]:
    """Describe the device and the versions of the software.

    Args:
        device (str): 'cuda' or 'cpu'.

    Raises:
        UserError: There is no GPU.
    """
    versions = dict(
        python=sys.version.split()[0],
        numpy=np.__version__,
        torch=torch.__version__,
        cuda=torch.version.cuda,
    )
    if device == 'cpu':
        return dict(versions, device='cpu')
    if not torch.cuda.is_available():
        raise UserError(
            f'There is no GPU here that torch {torch.__version__} (CUDA '
            f'{torch.version.cuda}) can use: add --device cpu for a few checks on the CPU.'
        )
    card = torch.cuda.get_device_properties(0)
    return dict(versions, device=card.name, memory_gb=round(card.total_memory / 1e9, 1))


def link_checkout(root: Path, folder: Path) -> None:
    """Make the paths of a checkout valid in a folder, which keeps its own data."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ('tools', 'configs'):
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(root / name)


def checks_for(device: str, folder: Path) -> list[Check]:
    """Return all checks for a GPU, or those that a CPU passes in half a minute.

    Args:
        device (str): 'cuda' or 'cpu'.
        folder (Path): Where they will run (see :func:`link_checkout`).
    """
    checkpoints = 'default_hooks.checkpoint'
    keep_all = (f'{checkpoints}.interval=1', f'{checkpoints}.max_keep_ckpts=10')
    checks = [
        _training('hand_3d', _HAND, '--cfg-options', *keep_all),
        _training('resume', _HAND, '--resume', f'{_RUN}/iter_4.pth', run='hand_3d'),
        Check(
            'export',
            _tool('misc/export_estimator.py', _HAND, f'{_RUN}/iter_6.pth', 'exported'),
        ),
    ]
    if device == 'cpu':
        return checks
    photos = 'data/builtin_hand_smoke/photo/images'
    predict = ('exported', photos, '--out', 'predictions', '--device', 'cuda')
    checks += [
        Check('inference', _tool('infer.py', *predict)),
        _training('human_2d', _HUMAN),
        *(
            _training(f'{Path(config).stem} {kind}', config, '--amp', kind)
            for config in (_HAND, _HUMAN)
            for kind in ('fp16', 'bf16')
        ),
        Check(
            'NCCL, one process',
            (
                *(sys.executable, '-m', 'torch.distributed.run', '--standalone'),
                *('--nproc_per_node', '1', 'tools/train.py', _HAND, '--smoke'),
                *('--launcher', 'pytorch', '--work-dir', 'runs/nccl'),
            ),
        ),
    ]
    resnet = 'configs/uda/human_2d_r101.py'
    fifty = ('--cfg-options', 'model.estimator.backbone.depth=50')
    vit = str(_write_vit_b(load_config(str(folder / _HAND)), folder))
    for amp in ((), ('--amp', 'bf16')):
        kind = ' '.join(['step', *amp[1:]])
        checks += [
            _benchmark(f'ResNet-50, 256 px, {kind}', resnet, *amp, *fifty),
            _benchmark(f'ViT-B, 256 px, {kind}', vit, *amp),
        ]
    # last, since it may take the longest and must not take time from the others
    compiled = _training('compile', _HAND, '--cfg-options', 'compile=True')
    return [*checks, Check('compile', compiled.command, limit=180)]


def run_checks(checks: list[Check], folder: Path, env: dict[str, str]) -> list[Outcome]:
    """Run checks one after another, whether they pass or not.

    Args:
        checks (list[Check]): From :func:`checks_for`.
        folder (Path): Has ``tools`` and ``configs``; gets logs and results.
        env (dict[str, str]): Environment variables in addition to those of this process.
    """
    (folder / 'logs').mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + SECONDS
    outcomes = []
    for check in checks:
        limit = min(check.limit, end - time.monotonic())
        outcome = _run(check, folder, env, limit)
        outcomes.append(outcome)
        print(f'{check.name}: {outcome.problem or "passed"} ({outcome.seconds:.0f} s)')
        if outcome.problem:
            print(_last_lines(_log_of(check, folder)), flush=True)
    return outcomes


def _run(check: Check, folder: Path, env: dict[str, str], limit: float) -> Outcome:
    if limit <= 0:
        return Outcome(check.name, 0, f'no time was left of {SECONDS} s')
    figures = folder / check.figures
    if check.figures:
        figures.unlink(missing_ok=True)  # left over from an earlier run
    begin = time.monotonic()
    with open(_log_of(check, folder), 'w') as log:
        code = _exit_status(check.command, log, folder, {**os.environ, **env}, limit)
    outcome = Outcome(check.name, time.monotonic() - begin)
    if code is None:
        outcome.problem = f'stopped after {limit:.0f} s'
    elif code:
        outcome.problem = f'failed with status {code}'
    elif check.figures:
        try:
            outcome.figures = json.loads(figures.read_text())
        except (OSError, ValueError) as error:
            outcome.problem = f'measured nothing ({error})'
    return outcome


def _exit_status(
    command: tuple[str, ...],
    log: TextIO,
    folder: Path,
    env: dict[str, str],
    limit: float,
) -> Optional[int]:
    """Exit status of a command, None after a timeout; none of its processes survive."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def report(outcomes: list[Outcome], device: dict[str, Any], path: Path) -> bool:
    """Print a Markdown table, write the JSON, and return whether all checks passed."""
    passed = not any(outcome.problem for outcome in outcomes)
    print(', '.join(f'{key} {value}' for key, value in device.items()), end='\n\n')
    columns = ('check', 's', 'result', 'ms per step', 'x floor', 'images/s', 'GB')
    print(table(columns, map(_cells, outcomes)), end='')
    content = dict(
        device=device, passed=passed, checks=[vars(outcome) for outcome in outcomes]
    )
    write_whole(path, json.dumps(content, indent=2))
    return passed


def _cells(outcome: Outcome) -> list[str]:
    ending = [outcome.name, f'{outcome.seconds:.0f}', outcome.problem or 'passed']
    found = outcome.figures
    if not found:
        return [*ending, *[''] * 4]
    return [
        *ending,
        f'{1000 * found["step_seconds"]:.1f}',
        f'{found["step_over_floor_ratio"]:.2f}',
        f'{found["images_per_second"]:.0f}',
        f'{(found["peak_memory_bytes"] or 0) / 1e9:.1f}',
    ]


def environment(device: str) -> dict[str, str]:
    """Environment of the commands: find this package from anywhere, see only the device."""
    package = str(Path(mmpose_uda.__file__).parents[1])
    paths = [package, os.environ.get('PYTHONPATH', '')]
    env = dict(PYTHONPATH=os.pathsep.join(filter(None, paths)))
    return dict(env, CUDA_VISIBLE_DEVICES='') if device == 'cpu' else env


def _tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, f'tools/{name}', *arguments)


def _training(name: str, config: str, *arguments: str, run: str = '') -> Check:
    work_dir = f'runs/{run or _file_name(name)}'
    options = ('--smoke', '--work-dir', work_dir, *arguments)
    return Check(name, _tool('train.py', config, *options))


def _benchmark(name: str, config: str, *arguments: str) -> Check:
    figures = f'{_file_name(name)}.json'
    options = (config, '--batch', str(_BATCH), '--json', figures, *arguments)
    command = _tool('analysis_tools/benchmark_step.py', *options)
    return Check(name, command, limit=120, figures=figures)


def _write_vit_b(cfg: Config, folder: Path) -> Path:
    """Write a config of the hand benchmark with ViT-B/16 on crops of 256 px."""
    side, patch, dims = 256, 16, 768
    for part in _dicts(cfg._cfg_dict):
        if 'input_size' in part:
            part['input_size'] = (side, side)
    cfg.builtin_data.image_size = side
    cfg.merge_from_dict({'model.estimator': cfg.plain_patches})
    model = cfg.model
    estimator = model.estimator
    estimator.backbone.update(arch='base', img_size=(side, side), patch_size=patch)
    head = model.alignments.reconstruction.head
    head.update(patch_size=patch, patch_grid=(side // patch,) * 2, embed_dims=512)
    for part in (estimator.head, model.foreground_head, head):
        part.in_channels = dims
    path = folder / 'hand_3d_vit_b.py'
    cfg.dump(path)
    return path


def _dicts(value: Any) -> Iterator[dict]:
    """All dicts in nested dicts and lists."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _dicts(item)


def _log_of(check: Check, folder: Path) -> Path:
    return folder / 'logs' / f'{_file_name(check.name)}.log'


def _file_name(check: str) -> str:
    return check.replace(',', '').replace(' ', '_')


def _last_lines(path: Path) -> str:
    if not path.exists():
        return ''
    lines = path.read_text(errors='replace').splitlines()[-_SHOWN_LINES:]
    return '\n'.join(f'    {line}' for line in lines)
