"""Weights pseudo labels by how well the teacher agrees with itself."""

import math

import torch
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.pseudo_labels import PseudoLabels, Selection
from mmpose_uda.models.observation import carried
from mmpose_uda.models.utils import constant, transform_points, turned_about_middle


@MODELS.register_module()
class DisagreementWeighting(Selection):
    r"""Weights a pseudo label by how close the teacher's second prediction is to it.

    The weight of C-GAC per keypoint, :math:`w = 2 (1 - \sigma(\lambda d))`: 1 if both
    predictions agree, 0 if they are far apart. :math:`d` is the distance of both points as
    a share of the head's range (the crop's longer side, and the range of depths); in C-GAC
    it is the divergence of two teachers.

    For its second prediction the teacher sees its view rotated, scaled and, if the body has
    two sides, mirrored. (A mirrored hand is one of the other side, which the teacher may
    never have seen.) Images are resampled on the device; points come back through the exact
    affine matrix. A point outside the second view is not judged, and its weight is 1.

    It costs the teacher one more pass over its view.

    Args:
        strength (float): :math:`\lambda`. At 40, a distance of 5 % gives the weight 0.24.
        rotation (float): Largest angle of the second view, degrees.
        scale (float): Its largest scale factor, 1 or more; the smallest is the inverse.

    Raises:
        UserError: A value is out of range, or the second view equals the first.
    """

    def __init__(self, strength: float = 40.0, rotation: float = 20.0, scale: float = 1.15):
        super().__init__()
        if strength <= 0 or rotation < 0 or scale < 1:
            raise UserError(
                'DisagreementWeighting: strength must be above 0, rotation 0 or more and '
                f'scale 1 or more, not {strength}, {rotation} and {scale}.'
            )
        if rotation == 0 and scale == 1:
            raise UserError(
                'DisagreementWeighting compares predictions on two different views: set '
                'rotation above 0 or scale above 1.'
            )
        self.strength = strength
        self.rotation = math.radians(rotation)
        self.scale = scale

    @torch.no_grad()
    def forward(self, labels: PseudoLabels) -> Tensor:
        teacher = labels.teacher
        matrices = self.draw(labels)
        second, _ = carried(teacher.moved(matrices), teacher)
        first = teacher.distributions.points()
        is_inside = teacher.shows(transform_points(first, matrices))
        apart = (first - second) / constant(teacher.reader.extents, first)
        distance = torch.where(is_inside, apart.norm(dim=-1), 0)
        weights = 2 * torch.sigmoid(-self.strength * distance)
        return labels.of_student(weights)

    def draw(self, labels: PseudoLabels) -> Tensor:
        """Draw the matrices from the teacher's view to the second, [B, 3, 3]."""
        lots = 2 * labels.teacher.random.uniform('second look', 2) - 1
        height, width = labels.teacher.images.shape[-2:]
        return turned_about_middle(
            (width, height),
            angles=self.rotation * lots[:, 0],
            scales=(math.log(self.scale) * lots[:, 1]).exp(),
            mirrored=labels.flip_indices != tuple(range(len(labels.flip_indices))),
        )
