"""Pseudo labels by how well the teacher agrees with itself."""

import math

import torch
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.pseudo_labels import PseudoLabels, Selection
from mmpose_uda.models.observation import ViewObservation, carried
from mmpose_uda.models.utils import constant, transform_points, turned_about_middle


@MODELS.register_module()
class DisagreementWeighting(Selection):
    r"""A pseudo label counts by how near to it the teacher's second look is.

    The weight of C-GAC, :math:`w = 2 (1 - \sigma(\lambda d))`, a keypoint: 1 where both
    looks agree, 0 where they are far apart. :math:`d` is the distance of both points as a
    share of what the head can say (the crop's longer side, and the range of depths);
    there it is the divergence of two teachers.

    The second look is at the teacher's view turned, scaled and, where a body has two sides,
    mirrored. (A mirrored hand is one of the other side, which the teacher may never have
    seen.) Images are resampled on the device; points come back through the exact affine. A
    point that is outside the second view is not judged, and weighs 1.

    It costs the teacher one more pass over its view.

    Args:
        strength (float): :math:`\lambda`. At 40 a distance of 5 % weighs 0.24.
        rotation (float): Largest angle of the second look, degrees.
        scale (float): Largest factor of its size, above 1; the smallest is the inverse.

    Raises:
        UserError: A value is out of range, or the second look is the first.
    """

    def __init__(self, strength: float = 40.0, rotation: float = 20.0, scale: float = 1.15):
        super().__init__()
        if strength <= 0 or rotation < 0 or scale < 1:
            raise UserError(
                'DisagreementWeighting: let strength be above 0, rotation 0 or more and '
                f'scale 1 or more, not {strength}, {rotation} and {scale}.'
            )
        if rotation == 0 and scale == 1:
            raise UserError(
                'DisagreementWeighting compares the teacher with a second look: give it a '
                'rotation above 0 or a scale above 1.'
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
        is_inside = _inside(teacher, transform_points(first, matrices))
        apart = (first - second) / constant(teacher.reader.extents, first)
        distance = torch.where(is_inside, apart.norm(dim=-1), 0)
        weights = 2 * torch.sigmoid(-self.strength * distance)
        return labels.of_student(weights)

    def draw(self, labels: PseudoLabels) -> Tensor:
        """From the teacher's view to the second, [B, 3, 3]."""
        lots = 2 * labels.teacher.random.uniform('second look', 2) - 1
        height, width = labels.teacher.images.shape[-2:]
        return turned_about_middle(
            (width, height),
            angles=self.rotation * lots[:, 0],
            scales=(math.log(self.scale) * lots[:, 1]).exp(),
            mirrored=labels.flip_indices != tuple(range(len(labels.flip_indices))),
        )


def _inside(view: ViewObservation, points: Tensor) -> Tensor:
    """Whether points [B, K, A] are in the images of a view, bool [B, K]."""
    last = constant(view.images.shape[:1:-1], points) - 0.5  # width, height
    return ((points[..., :2] >= -0.5) & (points[..., :2] <= last)).all(-1)
