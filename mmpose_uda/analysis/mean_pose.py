"""A baseline that ignores the image: the mean pose of the source."""

from typing import Optional

import numpy as np
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from mmpose.registry import DATASETS
from mmpose.structures import PoseDataSample

from mmpose_uda.config import load_config, prepare_data
from mmpose_uda.evaluation import functional as F
from mmpose_uda.evaluation.samples import visibility

_MOST = 10_000  # samples of the source: more add nothing and take an hour to read


def mean_pose_baseline(config: str) -> dict[str, float]:
    """Compute the metrics of the mean source pose on the target's test set.

    In 3D, it is the mean of the root-relative poses (mm), in 2D the mean position relative
    to the box of the test crop. Large sources are sampled at equal intervals.

    Args:
        config (str): Path of a benchmark's config.

    Returns:
        dict[str, float]: Prefixed name of each metric of the config's evaluator -> value.
        Metrics that are computed from heatmaps are left out.
    """
    cfg = load_config(config)
    init_default_scope('mmpose')
    prepare_data(cfg)
    mean = _mean_pose(_samples(cfg, cfg.train_dataloader.dataset.source, _MOST))
    samples = _samples(cfg, cfg.val_dataloader.dataset)
    for sample in samples:
        sample.pred_instances = InstanceData(**_in_box(mean, sample))
    # the protocols of the literature compare heatmaps, which a mean pose does not have
    evaluator = Evaluator(
        [m for m in cfg.val_evaluator if m.get('protocol', 'subpixel') == 'subpixel']
    )
    evaluator.process(samples)
    return evaluator.evaluate(len(samples))


def _samples(
    cfg: Config, dataset: dict, most: Optional[int] = None
) -> list[PoseDataSample]:
    """Samples of a labelled data set, processed as in tests: all, or at most ``most``."""
    data = DATASETS.build(dict(dataset, pipeline=cfg.val_pipeline))
    step = 1 if most is None else -(-len(data) // most)
    return [data[i]['data_samples'] for i in range(0, len(data), step)]


def _mean_pose(samples: list[PoseDataSample]) -> dict[str, np.ndarray]:
    """Mean of the labelled ``keypoints`` [1, K, 2], from the box's centre in units of its
    sides, and in 3D the mean root-relative ``keypoints_3d`` [1, K, 3], mm."""
    truths = [sample.gt_instances for sample in samples]
    placed = [
        (truth.keypoints - sample.input_center) / sample.input_scale
        for truth, sample in zip(truths, samples)
    ]
    visible = np.stack([visibility(truth.keypoints_visible) for truth in truths])
    weights = visible[..., None] > 0
    total = (weights * np.stack(placed)).sum(0)
    mean = dict(keypoints=total / np.maximum(weights.sum(0), 1))
    if 'keypoints_3d' in truths[0]:
        poses = np.concatenate([truth.keypoints_3d for truth in truths])
        mean['keypoints_3d'] = F.root_align(poses).mean(0, keepdims=True)
    return mean


def _in_box(mean: dict[str, np.ndarray], sample: PoseDataSample) -> dict[str, np.ndarray]:
    """The mean pose with its ``keypoints`` [1, K, 2] in px of a sample's image."""
    keypoints = mean['keypoints'] * sample.input_scale + sample.input_center
    return dict(mean, keypoints=keypoints)
