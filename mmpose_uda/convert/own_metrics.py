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


def own_metrics(metrics: list[dict]) -> tuple[list[dict], list[str]]:
    """Metrics that can be computed with :class:`PoseDataset`.

    Those that read what it does not have give way to PCK relative to the box. Those that
    read a file of annotations get them from the samples: what annotation tools leave out,
    such as areas, is filled in there.

    Args:
        metrics (list[dict]): Of the stock config.

    Returns:
        tuple[list[dict], list[str]]: The metrics, and a reason for each that gave way.
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
    """What a metric of mmpose reads that PoseDataset does not have, if anything."""
    if 'head' in metric.get('norm_item', ()):
        return 'the size of the head'
    if metric.get('iou_type') == 'keypoints_crowd':
        return 'how crowded an image is'
    return _MISSING.get(class_name(metric))
