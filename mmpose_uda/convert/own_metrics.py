"""The metrics of a stock config for the user's own labelled data."""

from typing import Optional

from mmpose_uda.datasets.stock_views import class_name

# What PoseDataset lacks, by the metric that reads it.
_MISSING = dict(
    CocoWholeBodyMetric='separate labels of body, feet, face and hands',
    InterHandMetric='which hand is seen',
    MpiiPCKAccuracy='the size of the head',
    PoseTrack18Metric='frames of videos',
)
SUBSTITUTE = dict(type='PCKAccuracy', thr=0.05, norm_item='bbox')


def own_metrics(metrics: list[dict]) -> tuple[list[dict], list[str]]:
    """Return the metrics that can be computed with :class:`PoseDataset`.

    PCK relative to the box replaces metrics that read what it lacks. Metrics that read an
    annotation file get the annotations from the samples, where what annotation tools leave
    out, such as areas, is filled in.

    Args:
        metrics (list[dict]): Those of the stock config.

    Returns:
        tuple[list[dict], list[str]]: The metrics, and a reason for each one replaced.
    """
    missing = [missing_data(metric) for metric in metrics]
    kept = [
        {key: value for key, value in metric.items() if key != 'ann_file'}
        for metric, lack in zip(metrics, missing)
        if lack is None
    ]
    reasons = [
        f'{class_name(metric)} reads {lack}'
        for metric, lack in zip(metrics, missing)
        if lack is not None
    ]
    return (kept + [SUBSTITUTE] if reasons else kept), reasons


def missing_data(metric: dict) -> Optional[str]:
    """Return what a metric of mmpose reads that PoseDataset lacks, or None."""
    if 'head' in metric.get('norm_item', ()):
        return 'the size of the head'
    if metric.get('iou_type') == 'keypoints_crowd':
        return 'how crowded an image is'
    return _MISSING.get(class_name(metric))
