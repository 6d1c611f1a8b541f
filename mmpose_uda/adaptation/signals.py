"""What tells, without labels, whether an adaptation helped."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Optional

import numpy as np

from mmpose_uda.adaptation.equivariance import Seen, longer_sides
from mmpose_uda.adaptation.source_reference import SourceReference

_TINY = 1e-9
_LEAST_ERROR = 1e-4  # sides of a box
_NEARER = 0.7  # times as far: poses that are noise are nearer by chance


@dataclass(frozen=True)
class Signals:
    """Of the starting and the adapted model on the same boxes of unlabelled images.

    Distances are in longer sides of the box.

    Args:
        boxes (int): How many were looked at.
        equivariance (tuple[float, float]): Median error of keypoints under changes of
            the image (:func:`~.equivariance.look`), before and after. A mean would tell
            of the few that jump to another place.
        steadier (float): Mean by box of the fall of its logarithm, in its standard errors:
            below -2 or over 2 it is hardly chance.
        confidence (tuple[float, float]): Mean score of keypoints, before and after.
        spread (tuple[float, float]): Standard deviation of a keypoint's place in the box
            over the boxes, mean of all. One that shrinks much is a collapse.
        moved (float): Median distance between keypoints before and after.
        swapped (float): Share of the boxes whose keypoints of after would be much nearer
            to those of before with left and right exchanged.
        source_confidence (float, optional): Mean score of the starting model on its source.
        implausible (tuple[float, float], optional): Share of bones whose length, for the
            size of the pose, hardly any pose of the source has, before and after.
    """

    boxes: int
    equivariance: tuple[float, float]
    steadier: float
    confidence: tuple[float, float]
    spread: tuple[float, float]
    moved: float
    swapped: float
    source_confidence: Optional[float] = None
    implausible: Optional[tuple[float, float]] = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Observed:
    """Signals, and what they were computed from.

    Args:
        signals (Signals): They.
        before (Seen): What the starting model finds.
        after (Seen): What the adapted one finds.
        distances (np.ndarray): How far keypoints moved, mean by box, [N].
    """

    signals: Signals
    before: Seen
    after: Seen
    distances: np.ndarray


def observe(
    before: Seen,
    after: Seen,
    flip_indices: Sequence[int],
    source: Optional[SourceReference] = None,
) -> Observed:
    """Compare what two models find in images that were not trained on.

    Args:
        before (Seen): What the starting model finds.
        after (Seen): What the adapted one finds in the same boxes.
        flip_indices (Sequence[int]): The keypoint that each is in the mirror.
        source (SourceReference, optional): What is known of the source.
    """
    seen, boxes = (before, after), before.boxes
    apart = _apart(before.keypoints, after.keypoints, boxes)
    distances = apart.mean(1)
    mirrored = after.keypoints[:, list(flip_indices)]
    exchanged = _apart(before.keypoints, mirrored, boxes).mean(1)
    implausible = None
    bones = None if source is None else source.bones
    if bones is not None and bones.fits(before.poses):
        implausible = tuple(bones.outside(one.poses) for one in seen)
    signals = Signals(
        boxes=len(boxes),
        equivariance=tuple(float(np.median(one.errors)) for one in seen),
        steadier=in_standard_errors(_logarithms(before) - _logarithms(after)),
        confidence=tuple(float(one.scores.mean()) for one in seen),
        spread=tuple(_spread(one.keypoints, boxes) for one in seen),
        moved=float(np.median(apart)),
        swapped=float((exchanged < _NEARER * distances).mean()),
        source_confidence=None if source is None else source.confidence,
        implausible=implausible,
    )
    return Observed(signals, before, after, distances)


def _apart(one: np.ndarray, other: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Distances [N, K] of keypoints [N, K, 2]."""
    return np.linalg.norm(one - other, axis=-1) / longer_sides(boxes)[:, None]


def _logarithms(seen: Seen) -> np.ndarray:
    """Of the median error of each box, [N]."""
    return np.log(np.median(seen.errors, axis=1).clip(_LEAST_ERROR))


def _spread(keypoints: np.ndarray, boxes: np.ndarray) -> float:
    """About the middle of each box: what always says it has none, whatever their shapes."""
    middles = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    placed = (keypoints - middles) / longer_sides(boxes)[:, None, None]
    return float(placed.std(0).mean())


def in_standard_errors(values: np.ndarray) -> float:
    """The mean of values [N], over its standard error; 0 of one alone."""
    if len(values) < 2:
        return 0.0
    error = values.std(ddof=1) / len(values) ** 0.5
    return float(np.clip(values.mean() / max(error, _TINY), -99, 99))
