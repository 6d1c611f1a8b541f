"""A trained model and photographs in, an adapted model and a verdict out."""

import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Optional

import torch
from mmengine.device import get_device

from mmpose_uda.adaptation.config_text import config_text
from mmpose_uda.adaptation.labelled import Measured, find_labelled, measure
from mmpose_uda.adaptation.length import (
    TRIAL,
    read_scalars,
    seconds_a_step,
    sensible_steps,
    steps_within,
)
from mmpose_uda.adaptation.report import Told, write_report
from mmpose_uda.adaptation.signals import Observed, observe
from mmpose_uda.adaptation.source_reference import (
    SourceReference,
    labelled_data,
    measure_source,
)
from mmpose_uda.adaptation.start import Start, read_start
from mmpose_uda.adaptation.target_images import (
    Target,
    collect_target,
    load_frames,
    require_enough,
    share_also_in,
    write_annotations,
)
from mmpose_uda.adaptation.verdict import WORSE, Verdict, judge
from mmpose_uda.analysis.ablation import command_for
from mmpose_uda.config import last_checkpoint, load_config
from mmpose_uda.convert.source_folder import SourceFolder, find_source
from mmpose_uda.deploy.deployed_config import METAINFO_FILE, write_metainfo
from mmpose_uda.deploy.export import export_estimator
from mmpose_uda.deploy.load_estimator import load_estimator
from mmpose_uda.errors import Preempted, UserError, writing
from mmpose_uda.whole_files import write_whole

_LOOKED_AT = 100  # boxes of held-out images
_SAME = 0.5  # share of the target's images that are the source's
_STOPPED = (75, 130)


def adapt(
    model: str,
    target: Sequence[str],
    out: str,
    source: Optional[str] = None,
    checkpoint: Optional[str] = None,
    minutes: Optional[float] = None,
    iters: Optional[int] = None,
    labelled: Optional[str] = None,
    train_on_labelled: bool = False,
    seed: int = 0,
) -> dict[str, Any]:
    """Adapt a model to images without labels, and judge what came out.

    Args:
        model (str): An export (folder or ``config.py``), or an mmpose config.
        target (Sequence[str]): Folders of images, images, videos.
        out (str): Folder for ``config.py``, ``export/``, ``report.html`` and
            ``summary.json``. Called again after an interruption, the training goes on.
        source (str, optional): Folder of labelled images that the model was trained on
            (:func:`~mmpose_uda.convert.source_folder.find_source`).
        checkpoint (str, optional): Weights of a config.
        minutes (float, optional): About how long all may take.
        iters (int, optional): Steps; the default goes by the number of images.
        labelled (str, optional): COCO-style file of some annotated target images, which
            are measured on.
        train_on_labelled (bool): Whether they are trained on instead.
        seed (int): Of the training.

    Returns:
        dict[str, Any]: The contents of ``summary.json``.

    Raises:
        UserError: Something that the user can mend.
        Preempted: SIGTERM stopped the training, after it saved.
    """
    begun = time.monotonic()
    folder = Path(out)
    _check(folder, minutes, iters, labelled, train_on_labelled)
    start = read_start(model, checkpoint)
    own = find_source(source, start.metainfo) if source else None
    few = find_labelled(labelled, start.metainfo) if labelled else None
    images = collect_target(target, folder / 'frames')
    if own is not None:
        _require_other_images(images, own, start)
    require_enough(images, target)
    trained_on = [one for one in (own, few if train_on_labelled else None) if one]
    _write_data(folder, start, images)

    def text(steps: int, where: Path) -> str:
        return config_text(start, images, target, trained_on, own, where, steps, seed)

    if minutes is not None:
        iters = _fit(folder, start, text, minutes)
    iters = iters or sensible_steps(len(images.trained))
    _write_config(folder / 'config.py', text(iters, folder))
    _export_start(folder, start, folder / 'config.py')
    print(
        f'Adapting to {len(images.trained)} images in {iters} steps; '
        f'{len(images.held_out)} images are held out.',
        flush=True,
    )
    _train(folder / 'config.py', folder / 'training')
    before, after = (
        load_estimator(str(path), device=get_device())
        for path in (folder / 'start', folder / 'training' / 'export')
    )
    reference = measure_source(before, own, start.metainfo) if own else None
    frames = load_frames(images.held_out, _LOOKED_AT)
    observed = observe(before, after, frames, reference)
    verdict = judge(observed.signals)
    measured = {}
    if few is not None:
        measured = {
            name: measure(one, few, start.metainfo)
            for name, one in (('before', before), ('after', after))
        }
    _choose_export(folder, verdict)
    summary = _summary(
        folder, start, images, observed, verdict, reference, measured, train_on_labelled
    )
    summary['seconds'] = round(time.monotonic() - begun, 1)
    told = Told(
        summary=summary,
        frames=frames,
        observed=observed,
        verdict=verdict,
        metainfo=start.parsed,
        scalars=read_scalars(folder / 'training'),
    )
    write_report(told, folder / 'report.html')
    # it marks the run as done
    write_whole(folder / 'summary.json', json.dumps(summary, indent=2) + '\n')
    return summary


def _check(
    folder: Path,
    minutes: Optional[float],
    iters: Optional[int],
    labelled: Optional[str],
    train_on_labelled: bool,
) -> None:
    if (folder / 'summary.json').exists():
        raise UserError(f'{folder} has an adaptation that is done: name another --out.')
    if folder.exists() and not folder.is_dir():
        raise UserError(f'--out {folder} is a file: name a folder.')
    if minutes is not None and iters is not None:
        raise UserError('--minutes and --iters contradict each other: give one of them.')
    if minutes is not None and not 0 < minutes < float('inf'):
        raise UserError(f'--minutes {minutes} is no time: give more than 0.')
    if iters is not None and iters < 1:
        raise UserError(f'--iters {iters} is none: give 1 or more.')
    if train_on_labelled and labelled is None:
        raise UserError('--train-on-labelled needs labelled images: name them --labelled.')


def _require_other_images(target: Target, source: SourceFolder, start: Start) -> None:
    """Refuse a target that is the source: there is nothing to adapt to."""
    data = labelled_data(source, start.metainfo)
    paths = [data.get_data_info(i)['img_path'] for i in range(len(data))]
    share = share_also_in(target.images, paths)
    if share > _SAME:
        raise UserError(
            f'{100 * share:.0f} % of the images of the target are those of the source '
            f'{source.root}, so there is nothing to adapt to: name other images as '
            '--target.'
        )


def _write_data(folder: Path, start: Start, target: Target) -> None:
    with writing(folder / METAINFO_FILE):
        if not start.names_a_file:
            write_metainfo(start.metainfo, folder / METAINFO_FILE)
        write_annotations(target.trained, folder / 'target.json')
        write_annotations(target.held_out, folder / 'held_out.json')


def _write_config(path: Path, text: str) -> None:
    """Write the config; one that is there is of a run to go on with, or of another."""
    if path.exists() and path.read_text('utf-8') != text:
        raise UserError(
            f'{path} is of an adaptation with other arguments, or was edited: name another '
            f'--out, or train it by tools/train.py {path}.'
        )
    write_whole(path, text)


def _export_start(folder: Path, start: Start, config: Path) -> None:
    export_estimator(load_config(str(config)), start.checkpoint, str(folder / 'start'))


def _fit(folder: Path, start: Start, text: Any, minutes: float) -> int:
    """Steps that fit into a time, found by trying some; those of an earlier call stay."""
    noted = folder / 'steps.json'
    if noted.exists():
        return json.loads(noted.read_text('utf-8'))
    trial = folder / 'trial'
    shutil.rmtree(trial, ignore_errors=True)
    trial.mkdir()
    for path in (folder / METAINFO_FILE, folder / 'target.json'):
        if path.exists():
            shutil.copy(path, trial)
    config = trial / 'config.py'
    write_whole(config, text(TRIAL, trial))
    _export_start(trial, start, config)
    _train(config, trial / 'training')
    steps = steps_within(minutes, seconds_a_step(trial / 'training'))
    shutil.rmtree(trial)
    write_whole(noted, json.dumps(steps))
    return steps


def _train(config: Path, work_dir: Path) -> None:
    """Train in a process of its own, or go on; what is done stays."""
    if (work_dir / 'summary.json').exists():
        return
    command = command_for(
        'train',
        config=str(config),
        work_dir=str(work_dir),
        resume='auto' if last_checkpoint(str(work_dir)) else None,
    )
    status = subprocess.run(command).returncode
    if status == Preempted.STATUS:
        raise Preempted('the training saved')
    if status == 130:
        raise KeyboardInterrupt
    if status:
        raise UserError(
            f'The training of {config} did not come to its end: read what it says above.'
        )


def _choose_export(folder: Path, verdict: Verdict) -> None:
    """Hand out the adapted model, or, where that is worse, the one it began with."""
    worse = verdict.decision == WORSE
    chosen = folder / 'start' if worse else folder / 'training' / 'export'
    shutil.rmtree(folder / 'export', ignore_errors=True)
    shutil.copytree(chosen, folder / 'export')


def _summary(
    folder: Path,
    start: Start,
    target: Target,
    observed: Observed,
    verdict: Verdict,
    reference: Optional[SourceReference],
    measured: dict[str, Measured],
    train_on_labelled: bool,
) -> dict[str, Any]:
    """The contents of ``summary.json``, but for the seconds."""
    training = json.loads((folder / 'training' / 'summary.json').read_text('utf-8'))
    worse = verdict.decision == WORSE
    return dict(
        model=start.name,
        config=str(folder / 'config.py'),
        seed=training['seed'],
        phases=training['phases'],
        images=dict(
            found=target.found,
            not_decoded=target.skipped,
            near_duplicates=target.duplicates,
            trained=len(target.trained),
            held_out=len(target.held_out),
        ),
        signals=observed.signals.as_dict(),
        verdict=verdict.as_dict(),
        source=None if reference is None else reference.origin,
        labelled=dict(
            trained_on=train_on_labelled,
            **{name: asdict(one) for name, one in measured.items()},
        )
        if measured
        else None,
        export=str(folder / 'export'),
        exported='the starting model' if worse else 'the adapted model',
        torch=torch.__version__,
    )
