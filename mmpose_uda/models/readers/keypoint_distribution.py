"""Keypoint distributions: one common form for the predictions of all heads.

A part that aligns poses (pseudo labels, consistency, information maximisation) works on
these, and so on heatmap, SimCC and 3D heads alike.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Sequence, Union

import torch
from torch import Tensor

from mmpose_uda.models.readers.regressed_points import RegressedPoints
from mmpose_uda.models.utils import constant


@dataclass
class AxisDistribution:
    """p(coordinate) of every keypoint along one axis.

    It holds logarithms, which still distinguish bins that are all but impossible, so that
    a loss on them has a gradient there.

    Args:
        log_probs (Tensor): [B, K, N]; their exponentials sum to one over the N bins.
        origin (float): Coordinate of the centre of bin 0 (px or mm).
        step (float): Distance between two bin centres (px or mm).
    """

    log_probs: Tensor
    origin: float
    step: float

    @classmethod
    def of_probs(cls, probs: Tensor, origin: float, step: float) -> 'AxisDistribution':
        """The distribution with probabilities [B, K, N], some of which may be 0."""
        tiny = torch.finfo(probs.dtype).tiny
        return cls(probs.clamp_min(tiny).log(), origin, step)

    @cached_property
    def probs(self) -> Tensor:
        """Probabilities, [B, K, N]."""
        return self.log_probs.exp()

    @property
    def centres(self) -> Tensor:
        """Bin centres, [N]."""
        bins = torch.arange(self.log_probs.shape[-1], device=self.log_probs.device)
        return self.origin + self.step * bins.to(self.log_probs.dtype)

    def mean(self) -> Tensor:
        """Expected coordinate, [B, K]."""
        return (self.probs * self.centres).sum(-1)

    def peak_mass(self, radius: float) -> Tensor:
        """Probability within ``radius`` bins of the most likely bin, [B, K]."""
        distance, _ = self._from_peak()
        return (self.probs * (distance <= radius)).sum(-1)

    def peak_mean(self, radius: float) -> Tensor:
        """Expected coordinate within ``radius`` bins of the most likely one, [B, K].

        Near an end of the axis the radius shrinks to the number of bins on that side:
        cutting off only one flank would pull the mean inward.
        """
        distance, to_end = self._from_peak()
        probs = self.probs * (distance <= to_end.clamp_max(radius))
        return (probs * self.centres).sum(-1) / probs.sum(-1)

    def _from_peak(self) -> tuple[Tensor, Tensor]:
        """Distances of bins to the peak [B, K, N], and of the peak to an end [B, K, 1]."""
        last = self.probs.shape[-1] - 1
        bins = torch.arange(last + 1, device=self.probs.device)
        peak = self.probs.argmax(-1, keepdim=True)
        return (bins - peak).abs(), torch.minimum(peak, last - peak)

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
        last = self.log_probs.shape[-1] - 0.5
        position = (coordinates - self.origin) / self.step
        return (position >= -0.5) & (position <= last)


@dataclass
class KeypointDistributions:
    """p(x), p(y) and, for a 3D head, p(z) of every keypoint.

    Args:
        axes (Sequence[AxisDistribution]): x and y in crop px, then z in mm relative to
            the root.
        peak_radius (float): How far from a peak its flanks reach, in bins.
        about_peak (bool): Whether a point is the mean around the peak only, for labels
            that leave mass everywhere; otherwise it is the mean of all bins.
    """

    axes: Sequence[AxisDistribution]
    peak_radius: float = 1.5
    about_peak: bool = False

    def points(self) -> Tensor:
        """Predicted coordinates, [B, K, A]."""
        if self.about_peak:
            means = [axis.peak_mean(self.peak_radius) for axis in self.axes]
        else:
            means = [axis.mean() for axis in self.axes]
        return torch.stack(means, dim=-1)

    def in_the_image(self) -> 'KeypointDistributions':
        """Only the distributions along x and y, without depth."""
        return replace(self, axes=self.axes[:2])

    def confidence(self) -> Tensor:
        """The network's confidence in each keypoint in the image, [B, K] in (0, 1].

        The product over x and y of the probability near the peak: one for a single
        sharp peak, small for a flat or many-peaked distribution.
        """
        x, y = self.axes[:2]
        return x.peak_mass(self.peak_radius) * y.peak_mass(self.peak_radius)

    def mirrored(self, flip_indices: Sequence[int]) -> 'KeypointDistributions':
        """The same for the mirror image, with left and right keypoints exchanged.

        Requires an x axis whose bins tile the crop (:func:`crop_axis`).
        """
        order = list(flip_indices)
        axes = [replace(axis, log_probs=axis.log_probs[:, order]) for axis in self.axes]
        axes[0] = replace(axes[0], log_probs=axes[0].log_probs.flip(-1))
        return replace(self, axes=axes)

    def averaged(self, other: 'KeypointDistributions') -> 'KeypointDistributions':
        """The mean of the probabilities of two predictions along the same axes."""
        axes = [
            replace(
                one, log_probs=torch.logaddexp(one.log_probs, two.log_probs) - math.log(2)
            )
            for one, two in zip(self.axes, other.axes)
        ]
        return replace(self, axes=axes)

    def contains(self, points: Tensor) -> Tensor:
        """Whether ``points`` [B, K, A] lie on every axis, [B, K]."""
        inside = [a.contains(points[..., i]) for i, a in enumerate(self.axes)]
        return torch.stack(inside).all(0)


@dataclass
class HeatmapDistributions:
    """Heatmaps of every keypoint, trained towards Gaussians with a peak of 1.

    Args:
        heatmaps (Tensor): [B, K, h, w].
        steps (tuple[float, float]): Crop px between two cells in x and y; the centre of
            cell 0 is at px 0.
    """

    heatmaps: Tensor
    steps: tuple[float, float]

    def points(self) -> Tensor:
        """The peaks, [B, K, 2], crop px, refined by a parabola through three cells."""
        cells = self._peak_cells()
        offsets = torch.stack(
            [self._offset(cells, dim=3), self._offset(cells, dim=2)], dim=-1
        )
        return (self._columns_rows(cells) + offsets) * constant(self.steps, offsets)

    def confidence(self) -> Tensor:
        """The height of each peak, [B, K]: 1 is a label's height, few are higher."""
        return self.heatmaps.amax((2, 3)).clamp_min(0)

    def contains(self, points: Tensor) -> Tensor:
        """Whether ``points`` [B, K, 2] lie on the map (half a cell of margin), [B, K]."""
        cells = points / constant(self.steps, points)
        last = constant(self.heatmaps.shape[:1:-1], points) - 0.5
        return ((cells >= -0.5) & (cells <= last)).all(-1)

    def _peak_cells(self) -> Tensor:
        """Index of the largest cell of the flattened maps, [B, K]."""
        return self.heatmaps.flatten(2).argmax(-1)

    def _columns_rows(self, cells: Tensor) -> Tensor:
        """Column and row of flat cell indices [B, K], [B, K, 2]."""
        width = self.heatmaps.shape[3]
        return torch.stack([cells % width, cells // width], dim=-1)

    def _offset(self, cells: Tensor, dim: int) -> Tensor:
        """Distance of the parabola's vertex from the largest cell along a dimension.

        Within half a cell; 0 at the border and on a plateau.
        """
        stride = 1 if dim == 3 else self.heatmaps.shape[3]
        position = self._columns_rows(cells)[..., 3 - dim]
        inside = (position > 0) & (position < self.heatmaps.shape[dim] - 1)
        flat = self.heatmaps.flatten(2)
        around = torch.stack([cells - stride, cells, cells + stride], dim=-1)
        around = torch.where(inside.unsqueeze(-1), around, cells.unsqueeze(-1))
        before, peak, after = flat.gather(2, around).unbind(-1)
        curvature = (2 * peak - before - after).clamp_min(1e-9)
        return (0.5 * (after - before) / curvature).clamp(-0.5, 0.5)


PoseDistributions = Union[KeypointDistributions, HeatmapDistributions, RegressedPoints]


def crop_axis(log_probs: Tensor, size: float) -> AxisDistribution:
    """An axis whose N bins tile a crop side of ``size`` px (pixel centres are integers)."""
    step = size / log_probs.shape[-1]
    return AxisDistribution(log_probs, origin=0.5 * step - 0.5, step=step)
