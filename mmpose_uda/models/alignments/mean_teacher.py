"""Consistency with a mean teacher."""

from typing import TYPE_CHECKING

import torch
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.models.alignments.base import Alignment, require_distributions
from mmpose_uda.models.utils import (
    between_views,
    swap_where_mirrored,
    transform_points,
)

if TYPE_CHECKING:
    from mmpose_uda.models.pose_estimators.observation import Observations


@MODELS.register_module()
class MeanTeacherConsistency(Alignment):
    """The student, on a hard view, agrees with the teacher on an easy one.

    The teacher's predictions are points with a confidence. They travel to the student's
    view through the exact affine between both crops, where the student's distributions
    are fitted to them.

    Args:
        loss (dict): Loss of (distributions, points, weights).
        min_confidence (float): Pseudo labels below it are dropped; above it they weigh
            what their confidence is.
        loss_weight (float): Weight of the loss.
        ramp_iters (int): Steps over which the weight grows.
    """

    views = ('target_teacher', 'target_student')

    def __init__(
        self,
        loss: dict = dict(type='KeypointDistributionLoss'),
        min_confidence: float = 0.0,
        loss_weight: float = 1.0,
        ramp_iters: int = 0,
    ):
        super().__init__(loss_weight, ramp_iters)
        self.loss_module = MODELS.build(loss)
        self.min_confidence = min_confidence

    def check(self, name, estimator) -> None:
        require_distributions(name, estimator)

    def forward(self, observed: 'Observations') -> dict[str, Tensor]:
        student = observed['target_student'].distributions
        points, confidence = self.pseudo_labels(observed)
        weights = confidence * (confidence >= self.min_confidence)
        weights = weights * student.contains(points)
        return dict(
            loss=self.loss_module(student, points, weights),
            pseudo_label_confidence=confidence.mean(),
        )

    @torch.no_grad()
    def pseudo_labels(self, observed: 'Observations') -> tuple[Tensor, Tensor]:
        """The teacher's points in the student's view, [B, K, A], and confidence [B, K]."""
        teacher, student = observed['target_teacher'], observed['target_student']
        matrices = between_views(teacher.warp_mats, student.warp_mats)
        flip_indices = student.data_samples[0].metainfo['flip_indices']
        points = transform_points(teacher.distributions.mean(), matrices)
        points = swap_where_mirrored(points, matrices, flip_indices)
        confidence = teacher.distributions.confidence()
        return points, swap_where_mirrored(confidence, matrices, flip_indices)
