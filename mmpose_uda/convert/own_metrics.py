"""The metrics of a stock config on labelled data of the user's own."""

from typing import Optional

from mmpose_uda.datasets.stock_views import class_name

# What PoseDataset does not have, by the metric that reads it.
_MISSING = dict(
    CocoWholeBodyMetric='separate labels of body, feet, face and hands',
    InterHandMetric='which hand is seen',
    MpiiPCKAccuracy='the size of the head',
    PoseTrack18Metric='frames of videos',
)
SUBSTITUTE = dict(type='PCKAccuracy', thr=0.05, norm_item='bbox')


def own_metrics(metrics: list[dict], ann_file: str) -> tuple[list[dict], list[str]]:
    """Metrics that can be computed with :class:`PoseDataset`.

    Those that read what it does not have give way to PCK relative to the box.

    Args:
        metrics (list[dict]): Of the stock config.
        ann_file (str): Annotations for those that read a file.

    Returns:
        tuple[list[dict], list[str]]: The metrics, and a reason for each that gave way.
    """
    missing = [missing_data(metric) for metric in metrics]
    kept = [
        dict(metric, ann_file=ann_file) if 'ann_file' in metric else metric
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
    """What a metric of mmpose reads that PoseDataset does not have, if anything."""
    if 'head' in metric.get('norm_item', ()):
        return 'the size of the head'
    if metric.get('iou_type') == 'keypoints_crowd':
        return 'how crowded an image is'
    return _MISSING.get(class_name(metric))
