"""Consistency with a mean teacher."""

from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import Alignment, require_reader
from mmpose_uda.models.alignments.pseudo_labels import pseudo_labels
from mmpose_uda.models.observation import Observations


@MODELS.register_module()
class MeanTeacherConsistency(Alignment):
    """The student, on a hard view, agrees with the teacher on an easy one.

    The teacher's predictions are points with a confidence. They travel to the student's
    view through the exact affine between both crops and are there made into labels as the
    head's codec makes them, for the head's own loss (the squared error of heatmaps in
    arXiv 2404.14885).

    Args:
        selection (dict): Weights of pseudo labels by their confidence.
        loss_weight (float): Weight of the loss.
        ramp_iters (int): Steps over which the weight grows.
    """

    views = ('target_teacher', 'target_student')

    def __init__(
        self,
        selection: dict = dict(type='ConfidenceWeighting'),
        loss_weight: float = 1.0,
        ramp_iters: int = 0,
    ):
        super().__init__(loss_weight, ramp_iters)
        self.selection = MODELS.build(selection)

    def check(self, name, estimator) -> None:
        require_reader(name, estimator)
        loss = estimator.student.head.loss_module
        if not getattr(loss, 'use_target_weight', True):
            raise UserError(
                f'The part {name!r} weighs pseudo labels by confidence, which the loss '
                f'{type(loss).__name__} of the head ignores: set its '
                '`use_target_weight=True`.'
            )

    def forward(self, observed: Observations) -> dict[str, Tensor]:
        student = observed['target_student']
        points, confidence = pseudo_labels(observed)
        weights = self.selection(confidence) * student.distributions.contains(points)
        return dict(
            loss=student.loss_of_points(points, weights),
            pseudo_label_confidence=confidence.mean(),
        )
