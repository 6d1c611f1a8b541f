"""A trained model and photographs in, an adapted model and a verdict out."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Optional

import torch

from mmpose_uda.adaptation.labelled import Measured, find_labelled, measure
from mmpose_uda.adaptation.length import read_scalars, sensible_steps
from mmpose_uda.adaptation.report import Told, write_report
from mmpose_uda.adaptation.run import AdaptationRun
from mmpose_uda.adaptation.signals import Observed, observe
from mmpose_uda.adaptation.source_reference import SourceReference, labelled_data
from mmpose_uda.adaptation.start import Start, read_start
from mmpose_uda.adaptation.target_images import (
    Split,
    Target,
    collect_target,
    load_frames,
    require_enough,
    share_also_in,
)
from mmpose_uda.adaptation.verdict import WORSE, Verdict, judge
from mmpose_uda.config import check_seed
from mmpose_uda.convert.source_folder import SourceFolder, find_source
from mmpose_uda.deploy.export import EXPORT_FILES
from mmpose_uda.errors import UserError, check_writable, writing
from mmpose_uda.whole_files import whole_folder, write_whole

LOOKED_AT = 100
"""Boxes of held-out images that the verdict looks at, at most."""
REPORT, SUMMARY = 'report.html', 'summary.json'
_SAME = 0.5  # share of the target's images that are the source's


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
    check_seed(seed)
    start = read_start(model, checkpoint)
    own = find_source(source, start.metainfo) if source else None
    few = find_labelled(labelled, start.metainfo) if labelled else None
    images = collect_target(target, folder)
    if own is not None:
        _require_other_images(images, own, start)
    require_enough(images, target)
    split = Split.of(images.images)
    trained_on = [one for one in (own, few if train_on_labelled else None) if one]
    run = AdaptationRun(folder, start, split, target, trained_on, own, seed)
    for name in (REPORT, SUMMARY):
        check_writable(folder / name)
    run.prepare()
    if minutes is not None:
        iters = run.steps_within(minutes)
    iters = iters or sensible_steps(len(split.trained))
    run.begin(iters)
    print(
        f'Adapting to {len(split.trained)} images in {iters} steps; '
        f'{len(split.held_out)} images are held out.',
        flush=True,
    )
    run.train()
    before, after = run.models()
    reference = run.reference(before)
    frames = load_frames(split.held_out, LOOKED_AT)
    observed = observe(before, after, frames, reference)
    verdict = judge(observed.signals)
    measured = {}
    if few is not None:
        measured = {
            name: measure(one, few, start.metainfo)
            for name, one in (('before', before), ('after', after))
        }
    _choose_export(run, verdict)
    summary = _summary(run, images, observed, verdict, reference)
    summary['labelled'] = _labelled(measured, train_on_labelled)
    summary['seconds'] = round(time.monotonic() - begun, 1)
    told = Told(
        summary=summary,
        frames=frames,
        observed=observed,
        verdict=verdict,
        metainfo=start.parsed,
        scalars=read_scalars(run.training),
    )
    write_report(told, folder / REPORT)
    # it marks the run as done
    write_whole(folder / SUMMARY, json.dumps(summary, indent=2) + '\n')
    return summary


def _check(
    folder: Path,
    minutes: Optional[float],
    iters: Optional[int],
    labelled: Optional[str],
    train_on_labelled: bool,
) -> None:
    if (folder / SUMMARY).is_file():
        raise UserError(f'{folder} has an adaptation that is done: name another --out.')
    if (folder / 'export').exists() and not (folder / 'start').exists():
        raise UserError(
            f'{folder / "export"} is there already, and none of an adaptation: name '
            'another --out.'
        )
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


def _choose_export(run: AdaptationRun, verdict: Verdict) -> None:
    """Hand out the adapted model, or, where that is worse, the one it began with."""
    chosen = run.exported_start if verdict.decision == WORSE else run.exported
    export = run.folder / 'export'
    with writing(export), whole_folder(export, EXPORT_FILES) as partial:
        for name in EXPORT_FILES:
            if (chosen / name).is_file():
                shutil.copy(chosen / name, partial)


def _labelled(measured: dict[str, Measured], trained_on: bool) -> Optional[dict[str, Any]]:
    if not measured:
        return None
    return dict(
        trained_on=trained_on, **{name: asdict(one) for name, one in measured.items()}
    )


def _summary(
    run: AdaptationRun,
    target: Target,
    observed: Observed,
    verdict: Verdict,
    reference: Optional[SourceReference],
) -> dict[str, Any]:
    """The contents of ``summary.json``, but for labels and seconds."""
    training = json.loads((run.training / 'summary.json').read_text('utf-8'))
    worse = verdict.decision == WORSE
    return dict(
        model=run.start.name,
        config=str(run.config),
        seed=training['seed'],
        phases=training['phases'],
        images=dict(
            found=target.found,
            not_decoded=target.skipped,
            near_duplicates=target.duplicates,
            trained=len(run.split.trained),
            held_out=len(run.split.held_out),
        ),
        signals=observed.signals.as_dict(),
        verdict=verdict.sentence,
        decision=verdict.decision,
        source=None if reference is None else reference.origin,
        export=str(run.folder / 'export'),
        exported='the starting model' if worse else 'the adapted model',
        torch=torch.__version__,
    )
