"""Keypoint distributions: one language for every head that has one.

A part that aligns poses (pseudo labels, consistency, information maximisation) works on
these and so fits heatmap, SimCC and 3D heads alike.
"""

from dataclasses import dataclass
from typing import Sequence

import torch
from torch import Tensor


@dataclass
class AxisDistribution:
    """p(coordinate) of every keypoint along one axis.

    Args:
        probs (Tensor): [B, K, N], sums to one over the N bins.
        origin (float): Coordinate of the centre of bin 0 (px or mm).
        step (float): Distance between two bin centres (px or mm).
    """

    probs: Tensor
    origin: float
    step: float

    @property
    def centres(self) -> Tensor:
        """Bin centres, [N]."""
        bins = torch.arange(self.probs.shape[-1], device=self.probs.device)
        return self.origin + self.step * bins.to(self.probs.dtype)

    def mean(self) -> Tensor:
        """Expected coordinate, [B, K]."""
        return (self.probs * self.centres).sum(-1)

    def peak_mass(self, radius: float) -> Tensor:
        """Probability within ``radius`` bins of the most likely bin, [B, K]."""
        bins = torch.arange(self.probs.shape[-1], device=self.probs.device)
        near = (bins - self.probs.argmax(-1, keepdim=True)).abs() <= radius
        return (self.probs * near).sum(-1)

    def gaussian_labels(self, coordinates: Tensor, sigma: float) -> Tensor:
        """Discrete Gaussians around ``coordinates``.

        Args:
            coordinates (Tensor): [B, K], in the unit of the axis.
            sigma (float): Standard deviation in bins.

        Returns:
            Tensor: [B, K, N], each sums to one.
        """
        distance = (self.centres - coordinates.unsqueeze(-1)) / (self.step * sigma)
        return torch.softmax(-0.5 * distance.square(), dim=-1)

    def contains(self, coordinates: Tensor) -> Tensor:
        """Whether ``coordinates`` [B, K] lie on the axis (half a bin of margin)."""
        last = self.probs.shape[-1] - 0.5
        position = (coordinates - self.origin) / self.step
        return (position >= -0.5) & (position <= last)


@dataclass
class KeypointDistributions:
    """p(x), p(y) and, for a 3D head, p(z) of every keypoint.

    Args:
        axes (Sequence[AxisDistribution]): x and y in crop px, then z in mm relative to
            the root.
    """

    axes: Sequence[AxisDistribution]

    def mean(self) -> Tensor:
        """Expected coordinates, [B, K, A]."""
        return torch.stack([axis.mean() for axis in self.axes], dim=-1)

    def confidence(self, radius: float = 1.5) -> Tensor:
        """How sure the network is of each keypoint in the image, [B, K] in (0, 1].

        The product over x and y of the probability near the peak: one for a single
        sharp peak, small for a flat or many-peaked distribution.
        """
        x, y = self.axes[:2]
        return x.peak_mass(radius) * y.peak_mass(radius)

    def contains(self, points: Tensor) -> Tensor:
        """Whether ``points`` [B, K, A] lie on every axis, [B, K]."""
        inside = [a.contains(points[..., i]) for i, a in enumerate(self.axes)]
        return torch.stack(inside).all(0)


def crop_axis(probs: Tensor, size: float) -> AxisDistribution:
    """An axis whose N bins tile a crop side of ``size`` px (pixel centres are integers)."""
    step = size / probs.shape[-1]
    return AxisDistribution(probs, origin=0.5 * step - 0.5, step=step)
