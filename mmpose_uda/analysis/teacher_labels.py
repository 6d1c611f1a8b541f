"""Label the target by the teacher of a checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from mmengine.runner import load_checkpoint
from mmpose.registry import MODELS

from mmpose_uda.datasets import collate_views
from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import require_reader
from mmpose_uda.models.pose_estimators import DomainAdaptivePoseEstimator
from mmpose_uda.models.pose_estimators.teacher_ema import TeacherEMA
from mmpose_uda.views import TARGET_TEACHER


@dataclass
class Labels:
    """The pseudo labels of one view of one image.

    Args:
        keypoints (np.ndarray): [K, 2], px of the view.
        confidence (float): Mean over the keypoints.
    """

    keypoints: np.ndarray
    confidence: float


@torch.no_grad()
def teacher_labels(
    model: dict, checkpoint: str, pairs: Sequence[dict]
) -> dict[str, list[Labels]]:
    """Label the target as a training step does.

    Args:
        model (dict): Config of a :class:`DomainAdaptivePoseEstimator`.
        checkpoint (str): Path of its weights.
        pairs (Sequence[dict]): Items of a :class:`SourceTargetDataset` with the views
            ``target_teacher`` and ``target_student``.

    Returns:
        dict[str, list[Labels]]: Each of the two views -> labels of every item. Those of
        the student's view are mapped there by ``warp_mat``.

    Raises:
        UserError: The model has no teacher or an untrained one, its head has no reader,
            or the checkpoint is missing.
    """
    estimator = MODELS.build(model)
    if not isinstance(estimator, DomainAdaptivePoseEstimator):
        raise UserError(
            f'--checkpoint needs a teacher, but a {type(estimator).__name__} has none: '
            'leave --checkpoint out.'
        )
    load_checkpoint(estimator, checkpoint, map_location='cpu', strict=True)
    if not estimator.teacher.is_trained:
        raise UserError(TeacherEMA.NEVER_UPDATED)
    require_reader('pseudo labels', estimator)
    estimator.eval()
    data = estimator.data_preprocessor(collate_views(pairs), training=False)
    observed = estimator.observe(data['inputs'], data['data_samples'])
    predicted = observed[TARGET_TEACHER].distributions
    return {
        TARGET_TEACHER: _to_labels(predicted.points(), predicted.confidence()),
        'target_student': _to_labels(*observed.pseudo_labels),
    }


def _to_labels(points: torch.Tensor, confidence: torch.Tensor) -> list[Labels]:
    """Labels of B views of points [B, K, A] and confidence [B, K]."""
    keypoints = points[..., :2].numpy()
    means = confidence.mean(1).tolist()
    return [Labels(*each) for each in zip(keypoints, means)]
