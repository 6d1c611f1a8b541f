"""Limits how far the target's losses oppose those of the source."""

from collections.abc import Sequence
from typing import Optional

import torch
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import Alignment, require_reader
from mmpose_uda.models.observation import Observations
from mmpose_uda.models.readers import Weighing, find_reader
from mmpose_uda.models.utils import mean_over_processes
from mmpose_uda.near_names import closest

_TINY = 1e-20
_LEAST = 1e-6


@MODELS.register_module()
class GradientGate(Alignment):
    r"""Keeps uncertain pseudo labels from undoing what the source's labels teach.

    After the per-keypoint gate of HamiPose (CVPR 2026). With the gradients :math:`g_s` and
    :math:`g_t` of the source's and the target's losses with respect to a keypoint's weights
    in the head's last layer,
    :math:`a = \langle g_s, g_t \rangle / \langle g_s, g_s \rangle` and the teacher's
    confidence :math:`c`, the part of :math:`g_t` that opposes :math:`g_s` is scaled by
    :math:`c`:

    .. math:: g = g_s + g_t - (1 - c) \min(a, 0) g_s

    There, gradients are with respect to heatmaps, which can only be compared if both are of
    one image; here they are sums over the batches of all processes, which can always be
    compared. In this form the gate increases the weight of the source's loss of the
    keypoint, and so reaches all weights of the network, not only those of the head. The
    additional weight :math:`-(1 - c) \min(a, 0)` is at most ``limit``: near its minimum the
    source's gradient is small, and :math:`a` large.

    It costs two backward passes of the head's last layer and one more loss of the source.

    Args:
        parts (Sequence[str]): The parts whose losses count as the target's.
        limit (float): The largest additional weight of the source's loss.
        loss_weight (float): Weight of the gate: 1 scales as above, 0 not at all.
        ramp_iters (int): Steps over which the weight grows.
    """

    views = ('source', 'target_teacher', 'target_student')

    def __init__(
        self,
        parts: Sequence[str] = ('mean_teacher',),
        limit: float = 1.0,
        loss_weight: float = 1.0,
        ramp_iters: int = 0,
    ):
        super().__init__(loss_weight, ramp_iters)
        self.parts = tuple(parts)
        self.limit = limit
        self.weighings: Optional[list[Weighing]] = None

    def check(self, name, estimator) -> None:
        require_reader(name, estimator)
        head = estimator.student.head
        if find_reader(head).keypoint_layer is None:
            raise UserError(
                f'The part {name!r} compares gradients for each keypoint, but in the last '
                f'layer of the {type(head).__name__} all keypoints share weights: leave '
                'the part out, or use a HeatmapHead, a SimCCHead or a 3D head.'
            )
        with estimator.trial(name) as seen:
            self.weighings = seen.find_weighings()
        if self.weighings is None:
            raise UserError(
                f'The part {name!r} gives keypoints of the source weights between 0 and '
                f'1, which the loss {type(head.loss_module).__name__} of the head does '
                'not take: leave the part out, or use another loss.'
            )
        for part in self.parts:
            if part not in estimator.alignments:
                raise UserError(
                    f'The part {name!r} has parts={list(self.parts)}, and the model has no '
                    f'alignment {part!r}: {closest(part, estimator.alignments)}.'
                )

    def forward(self, observed: Observations) -> dict[str, Tensor]:
        return {}

    def settle(
        self, observed: Observations, losses: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """See the base class; empty unless the phase has losses of both domains."""
        trained = {key: loss for key, loss in losses.items() if 'loss' in key}
        of_source = [loss for key, loss in trained.items() if '/' not in key]
        of_target = [
            loss for key, loss in trained.items() if key.split('/')[0] in self.parts
        ]
        if not (of_source and of_target):
            return {}
        opposition = self.opposition(observed, sum(of_source), sum(of_target))
        _, confidence = observed.pseudo_labels
        sureness = mean_over_processes(confidence.clamp_max(1).mean(0)).detach()
        # never 0, which would mean keypoints, and perhaps a root, without labels
        factors = (opposition * (1 - sureness)).clamp(_LEAST, self.limit)
        return dict(
            loss=observed['source'].loss_of_labels(factors, self.weighings),
            opposing_keypoints=(opposition > 0).float().mean(),
            gate=factors.mean(),
        )

    @staticmethod
    def opposition(observed: Observations, source: Tensor, target: Tensor) -> Tensor:
        r"""How much the target's gradient opposes the source's, :math:`-\min(a, 0)`, [K].

        Args:
            observed (Observations): All views.
            source (Tensor): Sum of the source's losses, a scalar.
            target (Tensor): Sum of the target's losses, a scalar.
        """
        reader = observed['source'].reader
        weights = reader.keypoint_layer.weight
        # For the backward pass the loss is brought near 1, where gradients suit float16:
        # the optimizer's loss scale does not apply here. Each process has its own factor.
        factor = 1 / source.detach().abs().float().clamp_min(1e-6)
        gradients = [
            torch.autograd.grad(
                factor * loss, weights, retain_graph=True, allow_unused=True
            )[0]
            for loss in (source, target)
        ]
        if any(gradient is None for gradient in gradients):
            raise UserError(
                'GradientGate compares losses of what the head predicts, but those of its '
                '`parts` do not depend on the last layer of the head: name parts that '
                'label or align keypoints.'
            )
        both = (torch.stack(gradients).float() / factor).view(2, reader.keypoints, -1)
        of_source, of_target = mean_over_processes(both).detach()
        along = (of_source * of_target).sum(1)
        return (-along / of_source.square().sum(1).clamp_min(_TINY)).clamp_min(0)
