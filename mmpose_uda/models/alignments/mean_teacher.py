"""Consistency with a mean teacher."""

from collections.abc import Sequence
from typing import Optional, Union

import torch
from mmengine.logging import print_log
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import Alignment, require_reader
from mmpose_uda.models.alignments.pseudo_labels import PseudoLabels, build_selection
from mmpose_uda.models.observation import (
    Observations,
    ViewObservation,
    carried_targets,
)
from mmpose_uda.models.readers import KeypointDistributions, Weighing, find_reader
from mmpose_uda.models.utils import constant, gather_from_processes


@MODELS.register_module()
class MeanTeacherConsistency(Alignment):
    """The student, on a hard view, agrees with the teacher on an easy one.

    The teacher's predictions are points with a confidence. They travel to the student's
    view through the exact affine between both crops and are there made into labels as the
    head's codec makes them, for the head's own loss (the squared error of heatmaps in
    arXiv 2404.14885). A label of weight w contributes w times its loss at weight 1, also
    where a stock loss would square the weight.

    A point with a label's sharp peak says more than the teacher knows: of a keypoint that
    may be in two places it lies between them, and the student learns to be sure of that.
    So where the head's reader can carry them (that of ``VolumetricPose3DHead`` can), the
    teacher's maps of positions travel instead, and the student learns to be as unsure as
    the teacher is (docs/experiments.md has what that changes).

    How deep a joint is, another view of the same image tells no better than this one: a
    wrong depth comes back to the teacher as often as it labels, and drifts. So labels are
    of the image alone where the head's loss takes such, and depth is learned of the source.

    Args:
        selection (dict | list[dict]): A :class:`Selection` of pseudo labels; of several the
            weights are multiplied.
        loss_weight (float): Weight of the loss.
        ramp_iters (int): Steps over which the weight grows.
        whole_maps (bool, optional): Whether labels are the teacher's maps, not points. By
            default they are where the head's reader carries maps.
        depth (bool, optional): Whether labels of a 3D head tell depth too. By default they
            do where its loss takes no others.
    """

    views = ('target_teacher', 'target_student')

    def __init__(
        self,
        selection: Union[dict, Sequence[dict]] = dict(type='ConfidenceWeighting'),
        loss_weight: float = 1.0,
        ramp_iters: int = 0,
        whole_maps: Optional[bool] = None,
        depth: Optional[bool] = None,
    ):
        super().__init__(loss_weight, ramp_iters)
        self.selection = build_selection(selection)
        self.whole_maps = whole_maps
        self.depth = depth
        self.weighings: Optional[list[Weighing]] = None

    def check(self, name, estimator) -> None:
        require_reader(name, estimator)
        self.selection.check(name, estimator)
        head = estimator.student.head
        reader = find_reader(head)
        carries_maps = reader.carries_maps
        if self.whole_maps and not carries_maps:
            raise UserError(
                f'The part {name!r} has whole_maps=True, but nobody knows how to carry the '
                f'maps of a {type(head).__name__} to another view: leave it out.'
            )
        if self.whole_maps is None:
            self.whole_maps = carries_maps
        loss = head.loss_module
        is_flat = reader.dimensions == 2
        if self.depth is False and not (is_flat or reader.leaves_depth_out):
            raise UserError(
                f'The part {name!r} has depth=False, but the loss {type(loss).__name__} of '
                f'a {type(head).__name__} takes no labels without a depth: leave it out.'
            )
        if self.depth is None:
            self.depth = not reader.leaves_depth_out
            if not self.depth:
                print_log(
                    f'Labels of the part {name!r} tell x and y, and depth is learned of '
                    'the source; with depth=True they tell depth too, as in version 1.0.',
                    logger='current',
                )
        if not getattr(loss, 'use_target_weight', True):
            raise UserError(
                f'The part {name!r} weighs pseudo labels by confidence, which the loss '
                f'{type(loss).__name__} of the head ignores: set its '
                '`use_target_weight=True`.'
            )
        with estimator.trial(name) as seen:
            self.weighings = seen.find_weighings()
        if self.weighings is None and self.selection.is_soft:
            raise UserError(
                f'The part {name!r} has selection={type(self.selection).__name__}, whose '
                f'weights lie between 0 and 1: the loss {type(loss).__name__} of the head '
                'takes no such weights, so use a selection of 0 and 1, such as '
                "dict(type='ThresholdSelection') or dict(type='QuantileSelection')."
            )

    def forward(self, observed: Observations) -> dict[str, Tensor]:
        student = observed['target_student']
        labels = PseudoLabels(observed)
        points, confidence = labels.points, labels.confidence.nan_to_num(0)
        weights = self.select(labels) * self._are_seen(points, student)
        if self.whole_maps:
            targets = carried_targets(observed['target_teacher'], student)
            if self.depth is False:
                targets = targets.in_the_image()
            loss = student.loss_of_targets(targets, weights, self.weighings)
        else:
            told = points[..., :2] if self.depth is False else points
            loss = student.loss_of_points(told, weights, self.weighings)
        return dict(
            loss=loss,
            **self.monitor(observed, points, confidence, weights),
        )

    def _are_seen(self, points: Tensor, student: ViewObservation) -> Tensor:
        """Whether labels lie where the student can say them, [B, K]."""
        found = student.distributions
        if self.depth is False and isinstance(found, KeypointDistributions):
            return found.in_the_image().contains(points[..., :2])
        return found.contains(points)

    @torch.no_grad()
    def monitor(
        self, observed: Observations, points: Tensor, confidence: Tensor, weights: Tensor
    ) -> dict[str, Tensor]:
        """What tells a run that degenerates, for the log.

        Args:
            observed (Observations): All views.
            points (Tensor): Pseudo labels in the student's view, [B, K, A].
            confidence (Tensor): In them, [B, K].
            weights (Tensor): Of them, [B, K].

        Returns:
            dict[str, Tensor]: Scalars: the confidence of teacher and student in their own
            views, the share of pseudo labels that weigh anything, the spread of the
            teacher's keypoints over the batches of all processes (standard deviation) and
            the mean distance of both networks' keypoints, the last two in sides of the
            crop.
        """
        teacher, student = observed['target_teacher'], observed['target_student']
        labelled = observed.labelled_keypoints
        found = student.distributions
        placed = teacher.distributions.points()[..., :2] / _size(teacher, points)
        spread = gather_from_processes(placed).std(0, correction=0).mean(-1)
        apart = (found.points() - points)[..., :2] / _size(student, points)
        return dict(
            pseudo_label_confidence=_mean(confidence, labelled),
            pseudo_label_share=_mean((weights > 0).to(confidence), labelled),
            student_confidence=_mean(found.confidence(), labelled),
            keypoint_spread=_mean(spread[None], labelled),
            teacher_student_distance=_mean(apart.norm(dim=-1), labelled),
        )

    def select(self, labels: PseudoLabels) -> Tensor:
        """Weights [B, K] of pseudo labels; 0 where the source has no labels."""
        known = labels.observed.labelled_keypoints > 0
        # detached, not without gradients: what it looks at of the student is kept
        return self.selection(labels).detach().nan_to_num(0) * known


def _mean(values: Tensor, labelled: Tensor) -> Tensor:
    """Of values [B, K], over the keypoints that the source has labels of."""
    return (values * labelled).sum(1).mean() / labelled.sum()


def _size(view: ViewObservation, like: Tensor) -> Tensor:
    """Width and height of the images of a view, [2] px."""
    return constant(view.images.shape[:1:-1], like)
