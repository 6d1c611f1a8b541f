"""Keeps poses on the target anatomically plausible."""

from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import (
    AdaptiveEstimator,
    Alignment,
    require_reader,
)
from mmpose_uda.models.observation import Observations
from mmpose_uda.models.readers import find_reader


@MODELS.register_module()
class AnatomicalPlausibility(Alignment):
    """Keeps bones and angles of 3D poses on the target within those of the source.

    The anatomical constraints of da-3dhpe-anatomy (see
    :class:`AnatomicalPlausibilityLoss`). There ranges are constants; here they are those of
    the source's labels, which the estimator learns while it trains on them, or reads from a
    ``source_statistics.json`` if there is no source.

    Args:
        loss (dict): Loss of (poses, bones, bounds, flip indices, keypoints).
        coverage (float): Share of the source's values that lie within the bounds.
        loss_weight (float): Weight of all terms.
        ramp_iters (int): Steps over which the weight grows.

    Raises:
        UserError: ``coverage`` is not between 0 and 1.
    """

    views = ('target_student',)

    def __init__(
        self,
        loss: dict = dict(type='AnatomicalPlausibilityLoss'),
        coverage: float = 0.99,
        loss_weight: float = 1.0,
        ramp_iters: int = 0,
    ):
        super().__init__(loss_weight, ramp_iters)
        self.loss_module = MODELS.build(loss)
        self.coverage = checked_coverage(coverage)

    def check(self, name, estimator) -> None:
        require_3d(name, estimator)

    def forward(self, observed: Observations) -> dict[str, Tensor]:
        student, source = observed['target_student'], observed.source_statistics
        losses = self.loss_module(
            student.poses,
            source.bones,
            source.bounds(self.coverage),
            tuple(student.data_samples[0].metainfo['flip_indices']),
            observed.labelled_keypoints,
        )
        return {f'loss_{criterion}': loss for criterion, loss in losses.items()}


def checked_coverage(coverage: float) -> float:
    """Return ``coverage`` if it is a share of values that can lie within bounds.

    Raises:
        UserError: It is not between 0 and 1.
    """
    if not 0 < coverage < 1:
        raise UserError(f'`coverage` must be between 0 and 1, not {coverage}.')
    return coverage


def require_3d(name: str, estimator: AdaptiveEstimator) -> None:
    """Refuse a head that does not predict 3D poses.

    Args:
        name (str): Name of the part that asks.
        estimator (AdaptiveEstimator): The model being built.

    Raises:
        UserError: Its poses are 2D, where the length of a bone depends on the view.
    """
    require_reader(name, estimator)
    head = estimator.student.head
    if find_reader(head).dimensions != 3:
        raise UserError(
            f'The part {name!r} judges 3D poses, which {type(head).__name__} does not '
            'predict: leave the part out, or use a VolumetricPose3DHead or a '
            'RegressionPose3DHead.'
        )
