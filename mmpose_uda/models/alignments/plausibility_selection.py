"""Selects pseudo labels whose pose is more plausible than the student's."""

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
    r"""Keeps pseudo labels of poses in which the teacher is more plausible.

    The filter of da-3dhpe-anatomy: of symmetry, bone lengths and angles
    (:class:`AnatomicalPlausibilityLoss`) the teacher must be better than the student in at
    least two. With the filter :math:`m` of a pose, 0 or 1, and the ramp :math:`r`, the
    weight of a pseudo label is :math:`(1 - r) + r m / \bar m`; the mean :math:`\bar m` is
    over all processes, so the more is dropped, the more the rest counts. A one-sided body
    has only two criteria, and must meet both.

    A criterion in which both networks are without fault counts as met. There this is rare,
    because intervals are constants; here they are the source's.

    Args:
        coverage (float): Share of the source's values that lie within the bounds.
        ramp_iters (int): Steps of a phase over which the filter takes effect.

    Raises:
        UserError: ``coverage`` is not between 0 and 1.
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
        """Whether the teacher's pose is better in at least two criteria, bool [B]."""
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
