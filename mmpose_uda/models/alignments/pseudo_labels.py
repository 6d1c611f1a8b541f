"""The teacher's predictions as labels for the student's view, and their weights."""

from abc import ABCMeta, abstractmethod
from collections.abc import Sequence
from typing import Union

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import AdaptiveEstimator
from mmpose_uda.models.observation import Observations
from mmpose_uda.models.utils import (
    between_views,
    gather_from_processes,
    swap_where_mirrored,
)


class PseudoLabels:
    """The teacher's predictions in the student's view, and everything to judge them by.

    Attributes:
        observed (Observations): All views of the step.
        teacher (ViewObservation): The teacher's observation of its view.
        student (ViewObservation): The student's observation of its own.
        points (Tensor): The teacher's points in the student's view, [B, K, A].
        confidence (Tensor): The teacher's, [B, K]; NaN for keypoints without labels in
            the source, which makes every comparison with it False.
    """

    def __init__(self, observed: Observations):
        self.observed = observed
        self.teacher = observed['target_teacher']
        self.student = observed['target_student']
        self.points, confidence = observed.pseudo_labels
        assert observed.labelled_keypoints is not None  # the mean teacher requires a reader
        known = observed.labelled_keypoints > 0
        self.confidence = torch.where(known, confidence, torch.nan)

    @property
    def flip_indices(self) -> tuple[int, ...]:
        """Keypoint that each keypoint becomes when mirrored."""
        return tuple(self.student.data_samples[0].metainfo['flip_indices'])

    def of_student(self, values: Tensor) -> Tensor:
        """Values [B, K] of the teacher's keypoints in the order of the student's."""
        matrices = between_views(self.teacher.warp_mats, self.student.warp_mats)
        return swap_where_mirrored(values, matrices, self.flip_indices)


class Selection(nn.Module, metaclass=ABCMeta):
    """Decides how much each pseudo label counts."""

    is_soft = True
    """Whether it gives weights other than 0 and 1, which not every loss takes."""

    def check(self, name: str, estimator: AdaptiveEstimator) -> None:
        """Refuse an estimator that this selection does not fit, as alignments do.

        Raises:
            UserError: It does not fit; the message says what would.
        """

    @abstractmethod
    def forward(self, labels: PseudoLabels) -> Tensor:
        """Weights [B, K] of pseudo labels; NaN counts as 0."""


class AllOf(Selection):
    """Weights of several selections, multiplied.

    Args:
        selections (Sequence[dict]): Their configs.
    """

    def __init__(self, selections: Sequence[dict]):
        super().__init__()
        self.selections = nn.ModuleList(map(MODELS.build, selections))
        self.is_soft = any(selection.is_soft for selection in self.selections)

    def check(self, name: str, estimator: AdaptiveEstimator) -> None:
        """Check each selection."""
        for selection in self.selections:
            selection.check(name, estimator)

    def forward(self, labels: PseudoLabels) -> Tensor:
        weights = [selection(labels) for selection in self.selections]
        return torch.stack(weights).prod(0)


def build_selection(config: Union[dict, Sequence[dict]]) -> Selection:
    """Build the selection of one config, or of several, whose weights are multiplied."""
    return MODELS.build(config) if isinstance(config, dict) else AllOf(config)


@MODELS.register_module()
class ConfidenceWeighting(Selection):
    """Weights each pseudo label by the teacher's confidence in it, at most 1.

    Args:
        min_confidence (float): Pseudo labels below it are dropped.
    """

    def __init__(self, min_confidence: float = 0.0):
        super().__init__()
        self.min_confidence = share('min_confidence', min_confidence)

    def forward(self, labels: PseudoLabels) -> Tensor:
        """See the base class."""
        confidence = labels.confidence
        return confidence.clamp_max(1) * (confidence >= self.min_confidence)


@MODELS.register_module()
class ThresholdSelection(Selection):
    """Gives pseudo labels of at least a certain confidence the weight 1, others 0.

    Args:
        threshold (float): The lowest such confidence.
    """

    is_soft = False

    def __init__(self, threshold: float = 0.5):
        super().__init__()
        self.threshold = share('threshold', threshold)

    def forward(self, labels: PseudoLabels) -> Tensor:
        """See the base class."""
        return (labels.confidence >= self.threshold).to(labels.confidence)


@MODELS.register_module()
class QuantileSelection(Selection):
    """Gives the most confident share of a batch the weight 1, the rest 0.

    The rule in the code of arXiv 2404.14885, which keeps what is above the median of all
    B * K peaks; the batch is that of all processes.

    Args:
        quantile (float): Share that is dropped.
    """

    is_soft = False

    def __init__(self, quantile: float = 0.5):
        super().__init__()
        self.quantile = share('quantile', quantile)

    def forward(self, labels: PseudoLabels) -> Tensor:
        """See the base class."""
        # nanquantile does not take half precision
        of_all = gather_from_processes(labels.confidence.float())
        level = torch.nanquantile(of_all, self.quantile)
        return (labels.confidence > level).to(labels.confidence)


def share(name: str, value: float) -> float:
    """Return ``value`` if it lies between 0 and 1.

    Raises:
        UserError: It does not.
    """
    if not 0 <= value <= 1:
        raise UserError(f'`{name}` must be between 0 and 1, not {value}.')
    return value
