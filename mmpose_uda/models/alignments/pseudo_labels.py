"""The teacher's predictions as labels of the student's view."""

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.observation import Observations
from mmpose_uda.models.utils import (
    between_views,
    gather_from_processes,
    swap_where_mirrored,
    transform_points,
)


@torch.no_grad()
def pseudo_labels(observed: Observations) -> tuple[Tensor, Tensor]:
    """The teacher's points in the student's view, [B, K, A], and confidence [B, K]."""
    teacher, student = observed['target_teacher'], observed['target_student']
    matrices = between_views(teacher.warp_mats, student.warp_mats)
    flip_indices = student.data_samples[0].metainfo['flip_indices']
    predicted = teacher.distributions
    points = transform_points(predicted.points(), matrices)
    points = swap_where_mirrored(points, matrices, flip_indices)
    confidence = predicted.confidence()
    return points, swap_where_mirrored(confidence, matrices, flip_indices)


@MODELS.register_module()
class ConfidenceWeighting(nn.Module):
    """Every pseudo label weighs what the teacher's confidence in it is, at most 1.

    Args:
        min_confidence (float): Pseudo labels below it are dropped.
    """

    is_soft = True

    def __init__(self, min_confidence: float = 0.0):
        super().__init__()
        self.min_confidence = _share('min_confidence', min_confidence)

    def forward(self, confidence: Tensor) -> Tensor:
        """Weights [B, K] of pseudo labels with these confidences [B, K]."""
        return confidence.clamp_max(1) * (confidence >= self.min_confidence)


@MODELS.register_module()
class ThresholdSelection(nn.Module):
    """Pseudo labels of at least a confidence weigh 1, others nothing.

    Args:
        threshold (float): The least confidence.
    """

    is_soft = False

    def __init__(self, threshold: float = 0.5):
        super().__init__()
        self.threshold = _share('threshold', threshold)

    def forward(self, confidence: Tensor) -> Tensor:
        """Weights [B, K] of pseudo labels with these confidences [B, K]."""
        return (confidence >= self.threshold).to(confidence)


@MODELS.register_module()
class QuantileSelection(nn.Module):
    """The most confident share of a batch weighs 1, the rest nothing.

    The rule of the code of arXiv 2404.14885, which keeps what is above the median of all
    B * K peaks; the batch is that of all processes.

    Args:
        quantile (float): Share that is dropped.
    """

    is_soft = False

    def __init__(self, quantile: float = 0.5):
        super().__init__()
        self.quantile = _share('quantile', quantile)

    def forward(self, confidence: Tensor) -> Tensor:
        """Weights [B, K] of pseudo labels with these confidences [B, K]."""
        # float: quantile takes no half precision
        of_all = gather_from_processes(confidence.float())
        level = torch.nanquantile(of_all, self.quantile)
        return (confidence > level).to(confidence)


def _share(name: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise UserError(f'`{name}` is a share between 0 and 1, not {value}.')
    return value
