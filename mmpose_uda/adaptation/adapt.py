"""Adapt a trained model to unlabelled photographs, and judge the result."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Optional

import torch

from mmpose_uda.adaptation.held_out import observe_held_out
from mmpose_uda.adaptation.labelled import find_labelled, measure
from mmpose_uda.adaptation.labelled_images import LabelledImages
from mmpose_uda.adaptation.length import sensible_steps
from mmpose_uda.adaptation.report import ReportContent, write_report
from mmpose_uda.adaptation.run import AdaptationRun
from mmpose_uda.adaptation.signals import Observed
from mmpose_uda.adaptation.source_reference import SourceReference
from mmpose_uda.adaptation.split import split_target
from mmpose_uda.adaptation.start import Start, read_start
from mmpose_uda.adaptation.target_images import Target, collect_target, require_enough
from mmpose_uda.adaptation.verdict import WORSE, Verdict, judge
from mmpose_uda.analysis.data_check.duplicates import same_images
from mmpose_uda.analysis.logged_steps import read_scalars
from mmpose_uda.config import check_seed
from mmpose_uda.convert.source_folder import find_source
from mmpose_uda.deploy.export import EXPORT_FILES
from mmpose_uda.errors import UserError, check_writable, writing
from mmpose_uda.whole_files import whole_folder, write_whole

REPORT, SUMMARY = 'report.html', 'summary.json'
_SAME = 0.5  # largest share of target images that may also be in the source
_OF_SOURCE = 3  # labelled source images drawn per labelled target image


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
    """Adapt a model to unlabelled images, and judge the result.

    Args:
        model (str): An export (folder or ``config.py``), or an mmpose config.
        target (Sequence[str]): Folders of images, images, videos
            (:func:`~mmpose_uda.adaptation.target_images.collect_target`).
        out (str): Folder for ``config.py``, ``export/``, ``report.html`` and
            ``summary.json``. After an interruption the same call resumes the training.
        source (str, optional): Folder of labelled images that the model was trained on
            (:func:`~mmpose_uda.convert.source_folder.find_source`).
        checkpoint (str, optional): Weights, if ``model`` is a config.
        minutes (float, optional): Approximate duration of everything.
        iters (int, optional): Training steps. The default depends on the number of images.
        labelled (str, optional): COCO-style file of some annotated target images, on which
            both models are evaluated.
        train_on_labelled (bool): Whether the model is also trained on them.
        seed (int): Seed of the training.

    Returns:
        dict[str, Any]: The contents of ``summary.json``.

    Raises:
        UserError: A mistake that the user can fix.
        Preempted: SIGTERM stopped the training, after it saved.
    """
    begun = time.monotonic()
    folder = Path(out)
    _check(folder, minutes, iters, labelled, train_on_labelled)
    check_seed(seed)
    start = read_start(model, checkpoint)
    own, few = _labels(start, source, labelled, train_on_labelled)
    images = collect_target(target, folder)
    if own is not None:
        _require_other_images(images, own)
    require_enough(images, target)
    trained_on = [own] if own else []
    known: dict[str, str] = {}
    if train_on_labelled and few:  # _check: the first requires the second
        trained_on.append(few)
        known = same_images([image.path for image in images.images], few.paths)
    split, splits = split_target(images.images, known)
    run = AdaptationRun(
        folder=folder,
        start=start,
        split=split,
        paths=target,
        labelled=[one.folder for one in trained_on],
        source=own.folder if own else None,
        repeats=_repeats(*trained_on),
        seed=seed,
    )
    for name in (REPORT, SUMMARY):
        check_writable(folder / name)
    folds = run.folds(splits)
    _train(run, folds, minutes, iters)
    before = run.starting_model()
    reference = run.reference(before, own)
    frames, observed = observe_held_out(folds or [run], before, reference)
    verdict = judge(observed.signals)
    _choose_export(run, verdict)
    summary = _summary(run, folds, images, observed, verdict, reference)
    summary['labelled'] = None
    if few is not None:
        pair = dict(before=before, after=run.adapted_model())
        measured = {name: asdict(measure(one, few)) for name, one in pair.items()}
        summary['labelled'] = dict(trained_on=train_on_labelled, **measured)
    summary['seconds'] = round(time.monotonic() - begun, 1)
    content = ReportContent(
        summary=summary,
        frames=frames,
        observed=observed,
        verdict=verdict,
        metainfo=start.parsed,
        scalars=read_scalars(run.training),
    )
    write_report(content, folder / REPORT)
    # last, because it marks the run as finished
    write_whole(folder / SUMMARY, json.dumps(summary, indent=2) + '\n')
    run.remove_folds()
    return summary


def _check(
    folder: Path,
    minutes: Optional[float],
    iters: Optional[int],
    labelled: Optional[str],
    train_on_labelled: bool,
) -> None:
    if (folder / SUMMARY).is_file():
        raise UserError(f'{folder} holds a finished adaptation: name another --out.')
    if (folder / 'export').exists() and not (folder / 'start').exists():
        raise UserError(
            f'{folder / "export"} already exists and is not from an adaptation: name '
            'another --out.'
        )
    if folder.exists() and not folder.is_dir():
        raise UserError(f'--out {folder} is a file: name a folder.')
    if minutes is not None and iters is not None:
        raise UserError('--minutes and --iters contradict each other: give one of them.')
    if minutes is not None and not 0 < minutes < float('inf'):
        raise UserError(f'--minutes {minutes} is not a duration: give more than 0.')
    if iters is not None and iters < 1:
        raise UserError(f'--iters {iters} is too few: give 1 or more.')
    if train_on_labelled and labelled is None:
        raise UserError('--train-on-labelled needs labelled images: add --labelled.')


def _labels(
    start: Start,
    source: Optional[str],
    labelled: Optional[str],
    train_on_labelled: bool,
) -> tuple[Optional[LabelledImages], Optional[LabelledImages]]:
    """Labelled images of the source and of the target; None for those not given."""
    own = few = None
    if source:
        wanted_by = ('the model', 'name the labelled images that it was trained on')
        found = find_source(source, start.metainfo, wanted_by)
        own = LabelledImages(found, start.metainfo, start.is_3d)
    if labelled:
        found = find_labelled(labelled, start.metainfo)
        few = LabelledImages(found, start.metainfo, start.is_3d and train_on_labelled)
    return own, few


def _repeats(*trained_on: LabelledImages) -> int:
    """How often to repeat labelled target images: they are then a fourth of the draws."""
    if len(trained_on) < 2:
        return 1
    own, few = (len(one.dataset) for one in trained_on)
    return max(1, round(own / (_OF_SOURCE * few)))


def _require_other_images(target: Target, source: LabelledImages) -> None:
    """Refuse a target that is mostly the source: there is nothing to adapt to."""
    paths = [image.path for image in target.images]
    share = len(same_images(paths, source.paths)) / len(paths)
    if share > _SAME:
        raise UserError(
            f'{100 * share:.0f} % of the target images are also in the source '
            f'{source.folder.root}, so there is nothing to adapt to: name other images as '
            '--target.'
        )


def _train(
    run: AdaptationRun,
    folds: Sequence[AdaptationRun],
    minutes: Optional[float],
    iters: Optional[int],
) -> None:
    """Train the folds, which are judged in place of the run, and then the run itself."""
    if minutes is not None:
        iters = run.steps_within(minutes, 1 + len(folds))
    trained = len(run.split.trained)
    iters = iters or sensible_steps(trained)
    run.begin(iters)
    aside = f'{len(run.split.held_out)} images are held out'
    if folds:
        aside = f'before that, {len(folds)} trainings each leave some out for the verdict'
    print(f'Adapting to {trained} images in {iters} steps; {aside}.', flush=True)
    total = len(folds) + 1
    for number, fold in enumerate(folds, start=1):
        fold.begin(iters)
        fold.train(f'training {number} of {total}')
    run.train(f'training {total} of {total}' if folds else 'training')
    print('Judging on the held-out images.', flush=True)


def _choose_export(run: AdaptationRun, verdict: Verdict) -> None:
    """Export the adapted model or, if that is worse, the starting model."""
    chosen = run.exported_start if verdict.decision == WORSE else run.exported
    export = run.folder / 'export'
    with writing(export), whole_folder(export, EXPORT_FILES) as partial:
        for name in EXPORT_FILES:
            if (chosen / name).is_file():
                shutil.copy(chosen / name, partial)


def _summary(
    run: AdaptationRun,
    folds: Sequence[AdaptationRun],
    target: Target,
    observed: Observed,
    verdict: Verdict,
    reference: Optional[SourceReference],
) -> dict[str, Any]:
    """The contents of ``summary.json``, except ``labelled`` and ``seconds``."""
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
            held_out=sum(len(one.split.held_out) for one in folds or [run]),
            folds=len(folds),
        ),
        signals=observed.signals.as_dict(),
        verdict=verdict.sentence,
        decision=verdict.decision,
        record=verdict.record,
        source=None if reference is None else reference.origin,
        export=str(run.folder / 'export'),
        exported='the starting model' if worse else 'the adapted model',
        torch=torch.__version__,
    )
