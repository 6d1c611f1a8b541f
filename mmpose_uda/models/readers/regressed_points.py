"""Points of a head that regresses them, with their expected errors."""

from dataclasses import dataclass, replace
from typing import Sequence

import torch
from torch import Tensor

from mmpose_uda.models.utils import constant

_RADIUS = 0.1
"""The error that a confident keypoint stays below, as a share of the crop's longer side:
about the span of a peak in a volume of 16 cells."""


@dataclass
class RegressedPoints:
    """Keypoints, each with a Laplace distribution along x and one along y.

    It has the methods that parts use of keypoint distributions, but no map of positions.

    Args:
        positions (Tensor): [B, K, 2], crop px.
        log_scales (Tensor): Logarithms of the distributions' scales, which are the expected
            errors, as shares of the crop's longer side, [B, K, 2].
        input_size (tuple[int, int]): Width and height of the crop, px.
    """

    positions: Tensor
    log_scales: Tensor
    input_size: tuple[int, int]

    @property
    def side(self) -> int:
        """The crop's longer side, px."""
        return max(self.input_size)

    def points(self) -> Tensor:
        """Predicted coordinates, [B, K, A]."""
        return self.positions

    def confidence(self) -> Tensor:
        """The network's confidence in each keypoint in the image, [B, K] in (0, 1].

        The probability that x and y are both within a tenth of the crop's longer side.
        """
        return probability_near(self.log_scales).prod(-1)

    def contains(self, points: Tensor) -> Tensor:
        """Whether ``points`` [B, K, A] lie on the crop (half a px of margin), [B, K]."""
        last = constant(self.input_size, points) - 0.5
        return ((points[..., :2] >= -0.5) & (points[..., :2] <= last)).all(-1)

    def mirrored(self, flip_indices: Sequence[int]) -> 'RegressedPoints':
        """The same for the mirror image, with left and right keypoints exchanged."""
        order = list(flip_indices)
        x, *others = self.positions[:, order].unbind(-1)
        return replace(
            self,
            positions=torch.stack([self.input_size[0] - 1 - x, *others], dim=-1),
            log_scales=self.log_scales[:, order],
        )

    def averaged(self, other: 'RegressedPoints') -> 'RegressedPoints':
        """Mean points and expected errors of two predictions."""
        return replace(
            self,
            positions=(self.positions + other.positions) / 2,
            log_scales=((self.log_scales.exp() + other.log_scales.exp()) / 2).log(),
        )


def probability_near(log_scales: Tensor) -> Tensor:
    """Probability that a Laplace error is below a tenth of the crop's longer side."""
    return 1 - torch.exp(-_RADIUS * torch.exp(-log_scales))
