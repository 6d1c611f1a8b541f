"""Statistics of the source's poses, and of the student's confidence on the source."""

import math
from collections.abc import Sequence
from typing import NamedTuple, Optional

import torch
from torch import Tensor, nn

from mmpose_uda.models.utils import (
    Bones,
    bone_cosines,
    bone_lengths,
    joined_bones,
    keypoints_to_bones,
    keypoints_to_joints,
    relative_lengths,
    sum_over_processes,
)

_BINS = 256
# range of lengths, in units of about one bone; on the log axis a bin is 1.9 % wide
_SHORTEST, _LONGEST = 1 / 32, 4.0
_CONFIDENCE_BINS = 64
_MOMENTUM = 0.01
_LEAST = 100  # values that a range needs

Range = tuple[Tensor, Tensor]
"""Lower and upper ends."""


class Bounds(NamedTuple):
    """Bounds of most values of the source; infinite where too few were seen.

    Args:
        lengths (Range): Of bones, as shares of the mean bone of their pose, [N] each.
        cosines (Range): Of the angles of joined bones, [M] each.
    """

    lengths: Range
    cosines: Range


class SourceStatistics(nn.Module):
    """Distributions of bone lengths, of angles and of confidence on the source.

    Poses are described without a unit, by bone lengths relative to their mean in the same
    pose and by cosines of the angles between joined bones; their size is kept separately,
    as the distribution of the mean bone. All are histograms that sum up all labels seen, so
    they do not depend on the order of samples or the number of processes. That of the
    student's confidence is a moving average, like the statistics of BatchNorm.

    They are saved with the model, and updating them never waits for the device.

    Args:
        keypoints (int): Number of keypoints K.
        skeleton (Sequence[tuple[int, int]]): N bones as pairs of keypoint indices; without
            any, only confidence is kept.
        dimensions (int): Dimensions of the poses, 2 or 3.
        unit (float): Approximate mean length of a bone, in the unit of the poses.

    Attributes:
        histograms (Tensor): long [N + M + 1, bins]: counts of lengths, cosines and size.
        confidence (Tensor): [K, bins] over the interval from 0 to 1; a row sums to 1, or
            to 0 for a keypoint without labels in the source.
        is_earlier (Tensor): bool, whether they are from an earlier training, and are
            discarded when this one sees labels.
    """

    def __init__(
        self,
        keypoints: int,
        skeleton: Sequence[tuple[int, int]] = (),
        dimensions: int = 2,
        unit: float = 1.0,
    ):
        super().__init__()
        self.keypoints = keypoints
        self.bones: Bones = tuple((int(a), int(b)) for a, b in skeleton)
        self.dimensions = dimensions
        self.unit = unit
        self.joints = joined_bones(self.bones)
        rows = len(self.bones) + len(self.joints) + 1 if self.bones else 0
        self.register_buffer('histograms', torch.zeros(rows, _BINS, dtype=torch.long))
        self.register_buffer('confidence', torch.zeros(keypoints, _CONFIDENCE_BINS))
        self.register_buffer('is_earlier', torch.zeros((), dtype=torch.bool))

    def begin_run(self) -> None:
        """Keep the statistics until this training sees labels of its own."""
        self.is_earlier.fill_(True)

    # ---- learning ---------------------------------------------------------------------

    @torch.no_grad()
    def note(
        self,
        poses: Optional[Tensor],
        weights: Tensor,
        confidence: Tensor,
        labelled: Tensor,
    ) -> None:
        """Add a batch of the source, over all processes.

        Args:
            poses (Tensor, optional): Labels [B, K, A] in one unit along all axes.
            weights (Tensor): [B, K]; labels of weight 0 may have any value.
            confidence (Tensor): The student's, [B, K].
            labelled (Tensor): 1 for keypoints with labels in the source of this run, [K].
        """
        known = (weights > 0).float()
        is_number = (known > 0) & confidence.isfinite()
        where = (confidence.float().nan_to_num() * _CONFIDENCE_BINS).long()
        counts = [_count(where, is_number, _CONFIDENCE_BINS)]
        if self.bones and poses is not None:
            counts.append(self._count_poses(poses.float(), known, labelled))
        counts = sum_over_processes(torch.cat([c.flatten() for c in counts]))
        of_confidence, of_poses = counts.split(
            [self.confidence.numel(), len(counts) - self.confidence.numel()]
        )
        kept = ~self.is_earlier
        self.histograms.mul_(kept)
        self.confidence.mul_(kept)
        self.is_earlier.fill_(False)
        if len(of_poses):
            self.histograms.add_(of_poses.view_as(self.histograms))
        self._follow(of_confidence.view_as(self.confidence).float())

    def _follow(self, counts: Tensor) -> None:
        """Move the distributions of confidence towards those of a batch."""
        total = counts.sum(1, keepdim=True)
        is_new = self.confidence.sum(1, keepdim=True) == 0
        rate = torch.where(is_new, 1.0, _MOMENTUM) * (total > 0)
        self.confidence.lerp_(counts / total.clamp_min(1), rate.expand_as(counts))

    def _count_poses(self, poses: Tensor, known: Tensor, labelled: Tensor) -> Tensor:
        poses = torch.where(known.unsqueeze(-1) > 0, poses, 0)
        counted = keypoints_to_bones(labelled, self.bones)
        bones = keypoints_to_bones(known, self.bones)
        # the mean of all bones is known only if none is missing
        is_whole = ((bones >= counted).all(-1) & (counted.sum() > 0)).unsqueeze(-1)
        lengths = relative_lengths(poses, self.bones, counted)
        joints = keypoints_to_joints(known, self.bones)
        of_all = bone_lengths(poses, self.bones) * counted
        size = of_all.sum(-1, keepdim=True) / counted.sum().clamp_min(1) / self.unit
        values = torch.cat(
            [_to_log(lengths), (bone_cosines(poses, self.bones) + 1) / 2, _to_log(size)], 1
        )
        is_known = torch.cat([is_whole & (bones * counted > 0), joints > 0, is_whole], 1)
        return _count((values * _BINS).long(), is_known, _BINS)

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs) -> None:
        # the checkpoint has another skeleton, or is from an earlier version without these
        for name, own in self.named_buffers():
            saved = state_dict.get(prefix + name)
            if saved is None or saved.shape != own.shape:
                state_dict[prefix + name] = own
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    # ---- reading ----------------------------------------------------------------------

    def bounds(self, coverage: float) -> Bounds:
        """Intervals of the middle ``coverage`` of the values of every bone and joint."""
        tail = (1 - coverage) / 2
        of_lengths, of_cosines, _ = self.rows()
        return Bounds(
            self._range(of_lengths, tail, from_log),
            self._range(of_cosines, tail, to_cosine),
        )

    @staticmethod
    def _range(counts: Tensor, tail: float, value_of) -> Range:
        enough = counts.sum(-1) >= _LEAST
        low, high = (value_of(quantile(counts, level)) for level in (tail, 1 - tail))
        return low.where(enough, -math.inf), high.where(enough, math.inf)

    def rows(self) -> tuple[Tensor, Tensor, Tensor]:
        """Histograms of lengths, cosines and size."""
        if not self.bones:
            return (self.histograms,) * 3
        return self.histograms.split([len(self.bones), len(self.joints), 1])


def _count(bins: Tensor, is_counted: Tensor, count: int) -> Tensor:
    """Histograms [N, count] of bin indices [B, N], of those values that are counted."""
    rows = torch.arange(bins.shape[1], device=bins.device) * count
    places = (bins.clamp(0, count - 1) + rows).flatten()
    counts = places.new_zeros(bins.shape[1] * count)
    counts.index_add_(0, places, is_counted.flatten().long())
    return counts.view(-1, count)


def quantile(counts: Tensor, level: float) -> Tensor:
    """The place below which a share of each histogram lies.

    Args:
        counts (Tensor): [..., bins].
        level (float): The share, between 0 and 1.

    Returns:
        Tensor: [...] in [0, 1] along the axis, interpolated linearly within a bin.
    """
    cumulative = counts.cumsum(-1)
    wanted = level * cumulative[..., -1:]
    cumulative = cumulative.to(wanted)
    place = torch.searchsorted(cumulative, wanted).clamp_max(counts.shape[-1] - 1)
    inside = counts.gather(-1, place).to(wanted)
    before = cumulative.gather(-1, place) - inside
    share = ((wanted - before) / inside.clamp_min(1e-12)).clamp(0, 1)
    return ((place + share) / counts.shape[-1]).squeeze(-1)


def _to_log(lengths: Tensor) -> Tensor:
    """Place of a length on the logarithmic axis, in [0, 1]."""
    lengths = lengths.clamp(_SHORTEST, _LONGEST)
    return (lengths / _SHORTEST).log() / math.log(_LONGEST / _SHORTEST)


def from_log(places: Tensor) -> Tensor:
    """The length at a place: the inverse of :func:`_to_log`."""
    return _SHORTEST * (places * math.log(_LONGEST / _SHORTEST)).exp()


def to_cosine(places: Tensor) -> Tensor:
    """The cosine at a place on its axis."""
    return 2 * places - 1
