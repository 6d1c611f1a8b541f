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
from mmpose_uda.models.utils import gather_from_processes


@MODELS.register_module()
class MeanTeacherConsistency(Alignment):
    """Trains the student on a hard view to agree with the teacher on an easy one.

    The teacher predicts points with a confidence. They are carried into the student's view
    through the exact affine matrix between both crops, and encoded there as the head's
    codec encodes labels, for the head's own loss (the squared error of heatmaps in arXiv
    2404.14885). A label of weight w contributes w times its loss at weight 1, even if a
    stock loss would square the weight.

    A point with a label's sharp peak claims more than the teacher knows: if a keypoint may
    be in two places, the point lies between them, and the student learns to be confident of
    it. So if the head's reader can carry maps (that of ``VolumetricPose3DHead`` can), the
    teacher's maps of positions are carried instead, and the student learns to be as
    uncertain as the teacher (docs/experiments.md shows what that changes).

    Another view of the same image shows depth no better than this one: a wrong depth
    returns to the teacher with every label, and drifts. So if the head's loss takes such
    labels, they contain x and y only, and depth is learned from the source.

    Args:
        selection (dict | list[dict]): A :class:`Selection` of pseudo labels, or several,
            whose weights are multiplied.
        loss_weight (float): Weight of the loss.
        ramp_iters (int): Steps over which the weight grows.
        whole_maps (bool, optional): Whether labels are the teacher's maps, not points.
            Default: if the head's reader carries maps.
        depth (bool, optional): Whether labels of a 3D head contain depth. Default: only if
            its loss takes no others.
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
                f'The part {name!r} has whole_maps=True, but maps of a '
                f'{type(head).__name__} cannot be carried into another view: leave '
                'whole_maps out.'
            )
        if self.whole_maps is None:
            self.whole_maps = carries_maps
        loss = head.loss_module
        is_flat = reader.dimensions == 2
        if self.depth is False and not (is_flat or reader.leaves_depth_out):
            raise UserError(
                f'The part {name!r} has depth=False, but the loss {type(loss).__name__} of '
                f'a {type(head).__name__} takes no labels without depth: leave depth out.'
            )
        if self.depth is None:
            self.depth = not reader.leaves_depth_out
            if not self.depth:
                print_log(
                    f'Labels of the part {name!r} contain x and y only, and depth is '
                    'learned from the source; with depth=True they contain depth too, as '
                    'in version 1.0.',
                    logger='current',
                )
        if not getattr(loss, 'use_target_weight', True):
            raise UserError(
                f'The part {name!r} weights pseudo labels by confidence, but the loss '
                f'{type(loss).__name__} of the head ignores weights: set its '
                '`use_target_weight=True`.'
            )
        with estimator.trial(name) as seen:
            self.weighings = seen.find_weighings()
        if self.weighings is None and self.selection.is_soft:
            raise UserError(
                f'The part {name!r} has selection={type(self.selection).__name__}, whose '
                f'weights lie between 0 and 1, but the loss {type(loss).__name__} of the '
                'head takes only 0 or 1: use a selection such as '
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
            placed = points[..., :2] if self.depth is False else points
            loss = student.loss_of_points(placed, weights, self.weighings)
        return dict(
            loss=loss,
            **self.monitor(observed, points, confidence, weights),
        )

    def _are_seen(self, points: Tensor, student: ViewObservation) -> Tensor:
        """Whether labels lie within the range of the student's head, [B, K]."""
        found = student.distributions
        if self.depth is False and isinstance(found, KeypointDistributions):
            return found.in_the_image().contains(points[..., :2])
        return found.contains(points)

    @torch.no_grad()
    def monitor(
        self, observed: Observations, points: Tensor, confidence: Tensor, weights: Tensor
    ) -> dict[str, Tensor]:
        """Values for the log that show whether a run degenerates.

        Args:
            observed (Observations): All views.
            points (Tensor): Pseudo labels in the student's view, [B, K, A].
            confidence (Tensor): The teacher's confidence in them, [B, K].
            weights (Tensor): Their weights, [B, K].

        Returns:
            dict[str, Tensor]: Scalars: the confidence of teacher and student, each in its
            own view, the share of pseudo labels with a weight above 0, the standard
            deviation of the teacher's keypoints over the batches of all processes and the
            mean distance of both networks' keypoints, the last two in sides of the crop.
        """
        teacher, student = observed['target_teacher'], observed['target_student']
        labelled = observed.labelled_keypoints
        found = student.distributions
        placed = teacher.distributions.points()[..., :2] / teacher.size(points)
        spread = gather_from_processes(placed).std(0, correction=0).mean(-1)
        apart = (found.points() - points)[..., :2] / student.size(points)
        return dict(
            pseudo_label_confidence=_mean(confidence, labelled),
            pseudo_label_share=_mean((weights > 0).to(confidence), labelled),
            student_confidence=_mean(found.confidence(), labelled),
            keypoint_spread=_mean(spread[None], labelled),
            teacher_student_distance=_mean(apart.norm(dim=-1), labelled),
        )

    def select(self, labels: PseudoLabels) -> Tensor:
        """Weights [B, K] of pseudo labels; 0 for keypoints without labels in the source."""
        known = labels.observed.labelled_keypoints > 0
        # detach, not no_grad: the student's outputs computed here are reused by the loss
        return self.selection(labels).detach().nan_to_num(0) * known


def _mean(values: Tensor, labelled: Tensor) -> Tensor:
    """Mean of values [B, K] over the keypoints with labels in the source."""
    return (values * labelled).sum(1).mean() / labelled.sum()
