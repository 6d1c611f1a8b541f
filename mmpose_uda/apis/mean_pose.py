"""The estimator that does not look: the mean pose of the source."""

import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

from mmpose_uda.apis.config import load_config, prepare_data
from mmpose_uda.evaluation import functional as F


def mean_pose_baseline(config: str) -> dict[str, float]:
    """Metrics of the mean source pose on the target's test set.

    In 3D it is the mean of the root-relative poses (mm), in 2D the mean position in the
    test crop.

    Args:
        config (str): Config of a built-in benchmark.

    Returns:
        dict[str, float]: PCK, and in 3D MPJPE, PA-MPJPE (mm) and AUC.
    """
    cfg = load_config(config)
    init_default_scope('mmpose')
    prepare_data(cfg)
    source = _load(cfg, cfg.train_dataloader.dataset.source)
    target = _load(cfg, cfg.val_dataloader.dataset)
    valid = target['valid']
    crop = _repeated_mean(source['crops'], len(valid))
    metrics = {
        'PCK': float(F.crop_pck(crop, target['crops'], target['sizes'], valid)),
    }
    if cfg.val_dataloader.dataset.get('require_3d'):
        truth = F.root_align(target['poses'], 0)
        mean = _repeated_mean(F.root_align(source['poses'], 0), len(valid))
        metrics.update(
            {
                'MPJPE': float(F.mpjpe(mean, truth, valid)),
                'PA-MPJPE': float(F.pa_mpjpe(mean, truth, valid)),
                'AUC': float(F.pck_3d_auc(mean, truth, valid)),
            }
        )
    return metrics


def _repeated_mean(poses: np.ndarray, count: int) -> np.ndarray:
    return poses.mean(0, keepdims=True).repeat(count, 0)


def _load(cfg: Config, dataset: dict) -> dict[str, np.ndarray]:
    """Poses [N, K, 3], keypoints in the test crop [N, K, 2], its sizes, and validity."""
    data = DATASETS.build(dict(dataset, pipeline=cfg.val_pipeline))
    samples = [data[i]['data_samples'] for i in range(len(data))]
    truths = [sample.gt_instances for sample in samples]
    metas = [sample.metainfo for sample in samples]
    points = np.stack([truth.keypoints[0] for truth in truths])
    center, scale, size = (
        np.stack([meta[key] for meta in metas])
        for key in ('input_center', 'input_scale', 'input_size')
    )
    visible = np.stack([truth.keypoints_visible[0] for truth in truths])
    loaded = dict(
        crops=F.to_crop(points, center, scale, size),
        sizes=size,
        valid=(visible if visible.ndim == 2 else visible[..., 0]) > 0,
    )
    if dataset.get('require_3d'):
        loaded['poses'] = np.stack([truth.keypoints_3d[0] for truth in truths])
    return loaded
