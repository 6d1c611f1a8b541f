"""The contents of the report page of an adaptation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmpose_uda.adaptation.signals import Observed, Signals
from mmpose_uda.adaptation.verdict import THRESHOLDS, WORSE, Verdict
from mmpose_uda.errors import writing
from mmpose_uda.inference.image_sources import Frame
from mmpose_uda.visualization.adaptation_page import (
    Curve,
    ShownImage,
    SignalRow,
    adaptation_page,
)
from mmpose_uda.visualization.colophon import made_by
from mmpose_uda.whole_files import write_whole

_SHOWN = 24
_CURVES = {
    'pseudo_label_confidence': (
        'confidence of the teacher',
        'It should rise or stay constant. A steep rise to the top can be a collapse.',
    ),
    'pseudo_label_share': (
        'share of pseudo labels that are used',
        'At 0 nothing is learned from the target.',
    ),
    'keypoint_spread': (
        'spread of keypoints over a batch, in sides of the crop',
        'Near 0 the same pose is predicted for all images.',
    ),
    'teacher_student_distance': (
        'distance between teacher and student, in sides of the crop',
        'It should fall or stay constant.',
    ),
}


@dataclass(frozen=True)
class ReportContent:
    """The data that the page shows.

    Args:
        summary (dict): The contents of ``summary.json``.
        frames (Sequence[Frame]): The held-out images.
        observed (Observed): What both models found in them.
        verdict (Verdict): The verdict.
        metainfo (dict): mmpose's ``dataset_meta``.
        scalars (list[dict]): Lines of the training's log.
    """

    summary: dict[str, Any]
    frames: Sequence[Frame]
    observed: Observed
    verdict: Verdict
    metainfo: dict[str, Any]
    scalars: list[dict]


def write_report(content: ReportContent, path: Path) -> None:
    """Write the page."""
    summary = content.summary
    page = adaptation_page(
        title=f'{summary["model"]}, adapted',
        decision=content.verdict.decision,
        sentence=f'{content.verdict.sentence[0].upper()}{content.verdict.sentence[1:]}',
        facts=_facts(summary),
        signals=list(_rows(content.observed.signals)),
        notes=list(_notes(content)),
        curves=list(_curves(content.scalars)),
        images=_images(content),
        labelled=list(_labelled_rows(summary['labelled'])),
        labelled_note=_labelled_note(summary['labelled']),
        steps=list(_next_steps(content)),
        colophon={
            'Model': summary['model'],
            'Config': summary['config'],
            'Export': f'{summary["export"]} ({summary["exported"]})',
            **made_by(),
        },
    )
    with writing(path):
        write_whole(path, page)


def _facts(summary: dict[str, Any]) -> dict[str, str]:
    images = summary['images']
    left_out = [f'{images["near_duplicates"]} near-duplicates']
    if images['not_decoded']:
        left_out.append(f'{len(images["not_decoded"])} that do not decode')
    return {
        'Images trained on': str(images['trained']),
        'Images held out': _held_out(images),
        'Images left out': ' and '.join(left_out),
        'Steps': str(sum(phase['iters'] for phase in summary['phases'])),
        'Minutes': f'{summary["seconds"] / 60:.1f}',
        'Exported': summary['exported'],
    }


def _held_out(images: dict[str, Any]) -> str:
    count, folds = images['held_out'], images['folds']
    return f'{count}, in {folds} folds' if folds else str(count)


def _rows(signals: Signals) -> Iterator[SignalRow]:
    def pair(name, values, meaning, form='{:.3f}'):
        return SignalRow(name, *map(form.format, values), meaning)

    yield pair(
        'error under changes',
        signals.equivariance,
        'how far keypoints are from where they should be if the image is slightly turned, '
        'scaled or (if left and right have names) mirrored; median, in sides of the box; '
        'lower is better',
        '{:.4f}',
    )
    yield pair('confidence', signals.confidence, 'mean score of the keypoints')
    yield pair(
        'spread',
        signals.spread,
        'how much poses differ between images; if it shrinks much, the model collapsed',
    )
    if signals.implausible is not None:
        yield pair(
            'implausible bones',
            [100 * share for share in signals.implausible],
            'shorter or longer than in the source, relative to the size of the pose; lower '
            'is better',
            '{:.1f} %',
        )
    yield SignalRow(
        'moved',
        '',
        f'{signals.moved:.4f}',
        'median distance between the keypoints of both models, in sides of the box',
    )
    yield SignalRow(
        'left and right exchanged',
        '',
        f'{100 * signals.swapped:.0f} %',
        'images in which the models agree better if left and right are exchanged',
    )


def _notes(content: ReportContent) -> Iterator[str]:
    signals, used = content.observed.signals, content.verdict.used
    if used:
        yield f'From {content.summary["source"]} the verdict used {" and ".join(used)}.'
    else:
        yield (
            'Nothing is known of the source, so its bone lengths and the confidence on it '
            'were not used.'
        )
    if signals.source_confidence is not None:
        yield f'On the source the confidence is {signals.source_confidence:.3f}.'
    folds = content.summary['images']['folds']
    if folds:
        yield (
            'There are few images, so the export was trained on all of them. Shown and '
            f'judged here in its place are {folds} models that were trained in the same '
            'way, each without a part of the images and evaluated on that part.'
        )
    yield (
        f'The verdict used no labels. {content.verdict.record} Thresholds: '
        f"{THRESHOLDS.origin} (the page 'Calibration of the verdict' of the documentation)."
    )


def _curves(scalars: list[dict]) -> Iterator[Curve]:
    for key, (title, meaning) in _CURVES.items():
        name = f'mean_teacher/{key}'
        lines = [line for line in scalars if np.isfinite(line.get(name, np.nan))]
        if len(lines) > 1:
            steps, values = zip(*((line['step'], line[name]) for line in lines))
            yield Curve(title, meaning, steps, values)


def _images(content: ReportContent) -> list[ShownImage]:
    observed = content.observed
    order = np.argsort(-observed.distances, kind='stable')[:_SHOWN]
    return [
        ShownImage.draw(
            Path(content.frames[n].name).name,
            float(observed.distances[n]),
            content.frames[n].image,
            content.frames[n].corners[0],
            [observed.before.keypoints[n], observed.after.keypoints[n]],
            content.metainfo,
        )
        for n in order
    ]


def _labelled_rows(labelled: Any) -> Iterator[SignalRow]:
    if labelled:
        before, after = labelled['before'], labelled['after']
        yield SignalRow(
            'mean error',
            f'{before["error"]:.3f}',
            f'{after["error"]:.3f}',
            'in sides of the box; lower is better',
        )
        yield SignalRow(
            'PCK@0.05',
            f'{before["pck"]:.3f}',
            f'{after["pck"]:.3f}',
            'share of keypoints within 0.05 sides of the box; higher is better',
        )


def _labelled_note(labelled: Any) -> str:
    if not labelled:
        return ''
    count = labelled['before']['instances']
    if labelled['trained_on']:
        return (
            f'Measured on {count} instances that were trained on: this shows how well they '
            'are fitted, not how good the model is on others.'
        )
    return f'Measured on {count} instances, which did not influence the verdict.'


def _next_steps(content: ReportContent) -> Iterator[str]:
    summary = content.summary
    if content.verdict.decision == WORSE:
        yield (
            'The adapted model looks worse, so the export is the starting model. The '
            'adapted one is in training/export.'
        )
    yield f'Predict: mmpose_uda infer {summary["export"]} IMAGES --out predictions'
    yield (
        f'To change something (learning rate, strength of the pull, length), edit '
        f'{summary["config"]} and run mmpose_uda train {summary["config"]}.'
    )
    yield (
        'To check the verdict, annotate a few dozen of these images: mmpose_uda '
        f'pre-annotate {summary["export"]} IMAGES --out annotations.json writes '
        'predictions to correct, the most uncertain images first; give the corrected file '
        'to mmpose_uda adapt as --labelled.'
    )
    if summary['source'] is None:
        yield (
            'If you have labelled images that the model was trained on, name their folder '
            'as --source: both the adaptation and the verdict then know more.'
        )
