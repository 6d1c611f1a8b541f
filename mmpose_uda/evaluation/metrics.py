"""mmengine metrics over :mod:`mmpose_uda.evaluation.functional`."""

import logging
from collections.abc import Sequence

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmpose.registry import METRICS

from mmpose_uda.errors import UserError

from . import functional as F


def _read(sample: dict, owner: str, key: str) -> np.ndarray:
    """The array ``sample[owner][key]`` without its instance axis.

    Raises:
        UserError: The sample does not have it.
    """
    if key not in sample.get(owner, ()):
        remedy = (
            'choose a head that predicts it'
            if owner == 'pred_instances'
            else 'add it to the annotation file and to the packed keys'
        )
        raise UserError(
            f'{owner}.{key} is missing for {_name(sample)}: {remedy}, or '
            'take the metric that reads it out of the evaluator.'
        )
    value = sample[owner][key]
    return np.asarray(value.cpu() if hasattr(value, 'cpu') else value)[0]


def _read_pair(sample: dict, key: str) -> dict[str, np.ndarray]:
    """Prediction, ground truth [K, D] and validity [K] of one data sample.

    Raises:
        UserError: One of them is missing, they differ in their joints, or a visible
            joint is NaN or infinite.
    """
    pred, gt = _read(sample, 'pred_instances', key), _read(sample, 'gt_instances', key)
    visible = _read(sample, 'gt_instances', 'keypoints_visible')
    # mmpose packs [K], or [K, 2] with the keypoint weights in the second column.
    valid = (visible if visible.ndim == 1 else visible[:, 0]) > 0
    if pred.shape != gt.shape or len(gt) != len(valid):
        raise UserError(
            f'{key} of {_name(sample)} has shape {pred.shape} in the prediction, '
            f'{gt.shape} in the annotation and {len(valid)} visibility flags: give the '
            'model and the data set the same joints.'
        )
    for array, owner in ((pred, 'predicted'), (gt, 'annotated')):
        if not np.isfinite(array[valid]).all():
            raise UserError(
                f'The {owner} {key} of {_name(sample)} hold NaN or infinite '
                'values at a visible joint: '
                + (
                    'the training has diverged, so lower its learning rate.'
                    if owner == 'predicted'
                    else 'correct them or mark the joint as not visible.'
                )
            )
    return dict(pred=pred, gt=gt, valid=valid)


def _name(sample: dict) -> str:
    return str(sample.get('img_path', 'a sample'))


def _stack(results: list[dict], key: str) -> np.ndarray:
    return np.stack([result[key] for result in results])


def _refuse_empty(results: list, metric: BaseMetric) -> None:
    if not results:
        raise UserError(
            f'{type(metric).__name__} got no sample to score: check the '
            'annotation file of the evaluation data set.'
        )


@METRICS.register_module()
class RootAlignedMPJPE(BaseMetric):
    """Errors of 3D poses relative to the root joint.

    Reads ``pred_instances.keypoints_3d`` and ``gt_instances.keypoints_3d`` [1, K, 3]
    (mm, any origin) and ``gt_instances.keypoints_visible`` (a joint counts where it is
    over 0). Gives ``MPJPE`` (mm), ``PA-MPJPE`` (mm) and ``AUC`` (0 to 1, the area under
    PCK over 0 to ``auc_max`` mm in 100 steps, both of root-aligned poses). Poses whose
    root is not valid count for ``PA-MPJPE`` alone; a warning says how many there are.

    Args:
        root_index (int): Index of the root joint. Default: 0.
        auc_max (float): Largest threshold of the AUC, mm. Default: 50.
        collect_device (str): ``'cpu'`` or ``'gpu'``, where ranks gather their results.
        prefix (str, optional): Put before the keys with a slash.
    """

    def __init__(
        self,
        root_index: int = 0,
        auc_max: float = 50.0,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.root_index = root_index
        self.auc_max = auc_max

    def process(self, data_batch: Sequence[dict], data_samples: Sequence[dict]) -> None:
        """Keep the two poses and the validity of each sample."""
        self.results.extend(
            _read_pair(sample, 'keypoints_3d') for sample in data_samples
        )

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """The three figures over all samples."""
        _refuse_empty(results, self)
        pred, gt, valid = (_stack(results, key) for key in ('pred', 'gt', 'valid'))
        rootless = int((~valid[:, self.root_index]).sum())
        if rootless:
            print_log(
                f'{rootless} of {len(valid)} poses have no visible root joint and '
                'count for PA-MPJPE alone.',
                'current',
                logging.WARNING,
            )
        return {
            'MPJPE': F.mpjpe(pred, gt, valid, self.root_index),
            'PA-MPJPE': F.pa_mpjpe(pred, gt, valid),
            'AUC': F.pck_3d_auc(pred, gt, valid, self.root_index, self.auc_max),
        }


@METRICS.register_module()
class CropPCK(BaseMetric):
    """Share of 2D keypoints nearer than ``thr`` of the crop's side to the truth.

    The literature of 2D adaptation scores in the network's crop rather than by the box
    or the head, on heatmap cells and averaged over batches; here the distance is
    sub-pixel and all visible keypoints of the data set are pooled, so the figure
    depends on neither. Reads ``keypoints`` [1, K, 2] (image px) of ``pred_instances``
    and ``gt_instances``, ``gt_instances.keypoints_visible`` and the metainfo
    ``input_center``, ``input_scale`` and ``input_size``. Gives ``PCK`` (0 to 1).

    Args:
        thr (float): The distance, as a share of the side, that a hit stays below.
        collect_device (str): ``'cpu'`` or ``'gpu'``, where ranks gather their results.
        prefix (str, optional): Put before the key with a slash.
    """

    def __init__(
        self,
        thr: float = 0.05,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.thr = thr

    def process(self, data_batch: Sequence[dict], data_samples: Sequence[dict]) -> None:
        """Keep the two poses in crop px, the validity and the size of the crop."""
        for sample in data_samples:
            result = _read_pair(sample, 'keypoints')
            box = [
                np.asarray(sample[key])[None]
                for key in ('input_center', 'input_scale', 'input_size')
            ]
            for key in ('pred', 'gt'):
                result[key] = F.to_crop(result[key][None, :, :2], *box)[0]
            self.results.append(dict(result, size=box[-1][0]))

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """The share over all visible keypoints of all samples."""
        _refuse_empty(results, self)
        pred, gt, size, valid = (
            _stack(results, key) for key in ('pred', 'gt', 'size', 'valid')
        )
        return {'PCK': F.crop_pck(pred, gt, size, valid, self.thr)}
