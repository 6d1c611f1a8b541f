"""Report a comparison of two models as a self-contained HTML page."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup

from mmpose_uda.evaluation.comparison import Comparison
from mmpose_uda.evaluation.metric_values import enough_decimals, lower_is_better

from .pages import render_page
from .report_charts import joint_bars, pck_curves
from .report_gallery import gallery_entry

_MINUS = '\N{MINUS SIGN}'
_STEPS = 101  # points of a curve


def comparison_page(
    comparison: Comparison,
    crops: Mapping[int, np.ndarray],
    metainfo: dict,
    facts: Mapping[str, str],
) -> str:
    """Return the page as text: metrics, bars, curves and images of gains and losses.

    Args:
        comparison (Comparison): The comparison to report.
        crops (Mapping[int, np.ndarray]): Index of a sample to show -> the models' input,
            [h, w, 3] BGR uint8, in the order of the page.
        metainfo (dict): mmpose's ``dataset_meta``, for the skeletons.
        facts (Mapping[str, str]): Name -> text of the facts at the end: paths, versions,
            date.
    """
    entries = [gallery_entry(comparison, *pair, metainfo) for pair in crops.items()]
    decimals = comparison.scale.decimals
    return render_page(
        'report.html.jinja',
        a=comparison.a,
        b=comparison.b,
        unit=comparison.scale.unit,
        number=lambda error: f'{error:.{decimals}f}',
        change=lambda error: f'{_signed(error, decimals)} {comparison.scale.unit}',
        means=comparison.mean_errors,
        metrics=_metric_rows(comparison),
        joints=_joint_rows(comparison),
        gains=[entry for entry in entries if entry.gain > 0],
        losses=[entry for entry in entries if entry.gain < 0],
        facts={**_counts(comparison), **facts},
        **_charts(comparison),
        **_shares(comparison),
        **_notes(comparison),
    )


def _shares(comparison: Comparison) -> dict[str, int]:
    """Numbers of all samples, and of those that are scored, better and worse."""
    gains = comparison.gains
    return dict(
        samples=len(gains),
        scored=int(np.isfinite(gains).sum()),
        better=int((gains > 0).sum()),
        worse=int((gains < 0).sum()),
    )


def _metric_rows(comparison: Comparison) -> list[dict[str, str]]:
    rows = []
    for name, a in comparison.a.metrics.items():
        b = comparison.b.metrics[name]
        lower = lower_is_better(name)
        decimals = enough_decimals(max(abs(a), abs(b)))
        better = b < a if lower else b > a
        rows.append(
            dict(
                name=name,
                direction=f'({"lower" if lower else "higher"} is better)',
                a=f'{a:.{decimals}f}',
                b=f'{b:.{decimals}f}',
                difference=_signed(b - a, decimals),
                verdict='' if a == b else 'better' if better else 'worse',
            )
        )
    return rows


def _joint_rows(comparison: Comparison) -> list[dict[str, Any]]:
    rows = []
    columns = (comparison.keypoints, comparison.joint_counts, *comparison.joint_errors)
    for name, count, *errors in zip(*columns):
        a, b = (f'{e:.{comparison.scale.decimals}f}' if count else '' for e in errors)
        rows.append(dict(name=name, count=int(count), a=a, b=b))
    return rows


def _charts(comparison: Comparison) -> dict[str, Markup]:
    scale = comparison.scale
    unit = scale.unit if comparison.is_3d else f'share {scale.unit}'
    thresholds = np.linspace(0, scale.largest_threshold, _STEPS)
    return dict(
        bars=joint_bars(
            'Bar chart of the mean error of each keypoint, for both models; the numbers '
            'are in the table below it.',
            f'mean error, {unit}',
            comparison.keypoints,
            comparison.joint_errors,
            scale.decimals,
        ),
        curves=pck_curves(
            'Line chart of the share of keypoints nearer than a threshold, for both '
            'models.',
            f'threshold, {unit}',
            thresholds,
            comparison.pck(thresholds),
        ),
    )


def _notes(comparison: Comparison) -> dict[str, str]:
    """Notes that only a page on 3D needs."""
    if not comparison.is_3d:
        return dict(root_note='', grey_note='')
    root = comparison.keypoints[comparison.root]
    return dict(
        root_note=f' Poses are moved root on root, so {root} has no error.',
        grey_note=' The lower pictures are from the side, depth to the right, with the '
        'truth in grey.',
    )


def _counts(comparison: Comparison) -> dict[str, str]:
    samples, keypoints = comparison.truth.valid.shape
    counted = int(comparison.joint_counts.sum())
    return {'Samples': f'{samples}, of {keypoints} keypoints each; {counted} count'}


def _signed(value: float, decimals: int) -> str:
    """Format a difference with its sign; without one if it is rounded to 0."""
    text = f'{value:+.{decimals}f}'
    if not float(text):
        return text[1:]
    return text.replace('-', _MINUS)
