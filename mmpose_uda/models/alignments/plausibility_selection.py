"""Pseudo labels by how plausible the teacher's poses are beside the student's."""

import torch
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.models.alignments.anatomical_plausibility import (
    checked_coverage,
    require_3d,
)
from mmpose_uda.models.alignments.base import ramp
from mmpose_uda.models.alignments.pseudo_labels import PseudoLabels, Selection
from mmpose_uda.models.losses.anatomical_plausibility_loss import implausibility
from mmpose_uda.models.observation import ViewObservation
from mmpose_uda.models.utils import mean_over_processes


@MODELS.register_module()
class PlausibilitySelection(Selection):
    r"""A pose teaches where the teacher's is more plausible than the student's.

    The filter of da-3dhpe-anatomy: of symmetry, bone lengths and angles
    (:class:`AnatomicalPlausibilityLoss`) the teacher is better in two at least. With the
    filter :math:`m` of a pose and the ramp :math:`r` a pseudo label weighs
    :math:`(1 - r) + r m / \bar m`; the mean :math:`\bar m` is over all processes. What is
    dropped makes the rest count more. A one-sided body has two criteria, and both are
    asked for.

    Where both networks are without a fault a criterion is met: there they are rarely so,
    because intervals are written down; here they are the source's.

    Args:
        coverage (float): Share of the source's values that lie within the bounds.
        ramp_iters (int): Steps of the phase over which the filter sets in.

    Raises:
        UserError: ``coverage`` is no share.
    """

    def __init__(self, coverage: float = 0.99, ramp_iters: int = 0):
        super().__init__()
        self.coverage = checked_coverage(coverage)
        self.ramp_iters = ramp_iters

    def check(self, name, estimator) -> None:
        require_3d(name, estimator)

    def forward(self, labels: PseudoLabels) -> Tensor:
        is_better = self.is_better(labels).to(labels.points)
        share = mean_over_processes(is_better.mean())
        filtered = is_better / share.clamp_min(1e-6)
        set_in = ramp(labels.observed.steps, self.ramp_iters)
        weights = (1 - set_in) + set_in * filtered
        return weights.unsqueeze(1).expand_as(labels.confidence)

    def is_better(self, labels: PseudoLabels) -> Tensor:
        """Whether the teacher's pose is better in two criteria at least, bool [B]."""
        bounds = labels.observed.source_statistics.bounds(self.coverage)

        def faults(seen: ViewObservation) -> dict[str, Tensor]:
            return implausibility(
                seen.poses,
                labels.observed.source_statistics.bones,
                bounds,
                labels.flip_indices,
                labels.observed.labelled_keypoints,
            )

        of_student = faults(labels.student)
        met = [
            (fault < of_student[criterion]) | ((fault == 0) & (of_student[criterion] == 0))
            for criterion, fault in faults(labels.teacher).items()
        ]
        return torch.stack(met).sum(0) >= 2
