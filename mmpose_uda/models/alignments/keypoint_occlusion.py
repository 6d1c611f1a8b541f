"""Hides from the student a keypoint that the teacher is confident of."""

import torch
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.models.alignments.base import Alignment, require_reader
from mmpose_uda.models.alignments.pseudo_labels import share
from mmpose_uda.models.observation import Observations
from mmpose_uda.models.utils import constant
from mmpose_uda.views import TARGET_TEACHER


@MODELS.register_module()
class KeypointOcclusion(Alignment):
    """Covers one confident keypoint in the student's view with a patch of the image.

    The adaptive occlusion in the code of arXiv 2404.14885: the student must infer from the
    rest of the body what the teacher saw. It has no loss of its own; it makes the loss of
    :class:`MeanTeacherConsistency` harder.

    Args:
        prob (float): Share of the images in which a keypoint is covered.
        min_confidence (float): Lowest confidence of the teacher in a covered keypoint.
        size (float): Side of the patch as a share of the image's width. The paper's 20 px
            of 256 are 0.08.
    """

    views = ('target_teacher', 'target_student')

    def __init__(self, prob: float = 0.5, min_confidence: float = 0.9, size: float = 0.08):
        super().__init__()
        self.prob = share('prob', prob)
        self.min_confidence = share('min_confidence', min_confidence)
        self.size = share('size', size)

    def check(self, name, estimator) -> None:
        require_reader(name, estimator)

    @property
    def featured_views(self) -> tuple[str, ...]:
        """The teacher's view; of the student's it changes only the images."""
        return (TARGET_TEACHER,)

    @torch.no_grad()
    def disturb(self, observed: Observations) -> None:
        student = observed['target_student']
        points, confidence = observed.pseudo_labels
        points = points[..., :2]
        is_sure = confidence >= self.min_confidence
        candidates = student.shows(points) & is_sure & (observed.labelled_keypoints > 0)
        keypoints = candidates.shape[1]
        lots = student.random.uniform('occlusion', keypoints + 3)
        choice, whether, elsewhere = lots.split([keypoints, 1, 2], dim=1)
        chosen, found = draw_one(candidates, choice)
        centres = points.gather(1, chosen.view(-1, 1, 1).expand(-1, 1, 2)).squeeze(1)
        covered = found & (whether.squeeze(1) < self.prob)
        side = self.size * student.images.shape[3]
        student.images = cover(student.images, centres, covered, side, elsewhere)

    def forward(self, observed: Observations) -> dict[str, Tensor]:
        return {}


def draw_one(candidates: Tensor, lots: Tensor) -> tuple[Tensor, Tensor]:
    """Choose one candidate per row at random, and report whether there is any.

    Args:
        candidates (Tensor): bool [B, K].
        lots (Tensor): Random numbers in [0, 1), [B, K].

    Returns:
        tuple[Tensor, Tensor]: Index [B] of the candidate, and bool [B].
    """
    return torch.where(candidates, lots, -1).argmax(1), candidates.any(1)


def cover(
    images: Tensor, centres: Tensor, covered: Tensor, side: float, lots: Tensor
) -> Tensor:
    """Put a patch from elsewhere in the same image over a point.

    Args:
        images (Tensor): [B, C, H, W].
        centres (Tensor): Middle of each patch, [B, 2] px.
        covered (Tensor): Which images are changed, bool [B].
        side (float): Side of the patches, px.
        lots (Tensor): Random numbers in [0, 1), [B, 2]: where the patches come from.

    Returns:
        Tensor: [B, C, H, W].
    """
    # centres in unchanged images may be NaN, and would index outside the image
    centres = centres.nan_to_num()
    size = constant(images.shape[:1:-1], images)  # width, height
    span = (size - 1 - side).clamp_min(0)
    elsewhere = 0.5 * side + lots * span
    shift = (elsewhere - centres).round().unsqueeze(-1)  # [B, 2, 1]
    columns = torch.arange(images.shape[3], device=images.device)
    rows = torch.arange(images.shape[2], device=images.device)
    x, y = centres.unsqueeze(-1).unbind(1)
    in_columns = (columns - x).abs() <= 0.5 * side  # [B, W]
    in_rows = (rows - y).abs() <= 0.5 * side  # [B, H]
    in_rows = in_rows & covered.unsqueeze(1)
    patch = in_rows.unsqueeze(2) & in_columns.unsqueeze(1)  # [B, H, W]

    last = (size - 1).view(2, 1)
    from_columns = (columns + shift[:, 0]).clamp(0).minimum(last[0])  # [B, W]
    from_rows = (rows + shift[:, 1]).clamp(0).minimum(last[1])  # [B, H]
    sources = from_rows.unsqueeze(2) * size[0] + from_columns.unsqueeze(1)
    sources = sources.long().flatten(1).unsqueeze(1).expand(-1, images.shape[1], -1)
    moved = images.flatten(2).gather(2, sources).view_as(images)
    return torch.where(patch.unsqueeze(1), moved, images)
