"""Signals that show, without labels, whether an adaptation helped."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Optional

import numpy as np

from mmpose_uda.adaptation.equivariance import Seen, longer_sides
from mmpose_uda.adaptation.source_reference import SourceReference

_TINY = 1e-9
_LEAST_ERROR = 1e-4  # sides of a box
_NEARER = 0.7  # times as far, because noisy poses may be a little nearer by chance


@dataclass(frozen=True)
class Signals:
    """Signals of the starting and the adapted model on the same unlabelled boxes.

    Distances are in longer sides of the box.

    Args:
        boxes (int): Number of boxes.
        equivariance (tuple[float, float]): Median error of keypoints under changes of
            the image (:func:`~.equivariance.look`), before and after. A mean would mostly
            reflect the few that jump to another place.
        steadier (float): Mean over boxes of the fall of its logarithm, in standard errors:
            below -2 or above 2 it is hardly chance.
        confidence (tuple[float, float]): Mean score of keypoints, before and after.
        spread (tuple[float, float]): Standard deviation over boxes of a keypoint's place in
            the box, mean over keypoints, before and after. If it shrinks much, the model
            collapsed.
        moved (float): Median distance between keypoints before and after.
        swapped (float): Share of boxes whose keypoints after would be much nearer to those
            before if left and right were exchanged.
        source_confidence (float, optional): Mean score of the starting model on its source.
        implausible (tuple[float, float], optional): Share of bones whose length, relative
            to the size of the pose, hardly any pose of the source has, before and after.
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
        """Return the signals as a dict for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Observed:
    """Signals, and what they were computed from.

    Args:
        signals (Signals): The signals.
        before (Seen): What the starting model finds.
        after (Seen): What the adapted one finds.
        distances (np.ndarray): How far keypoints moved, mean of each box, [N].
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
        flip_indices (Sequence[int]): Each keypoint's counterpart in the mirror image.
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
    """Distances [N, K] of keypoints [N, K, 2], in longer sides of the box."""
    return np.linalg.norm(one - other, axis=-1) / longer_sides(boxes)[:, None]


def _logarithms(seen: Seen) -> np.ndarray:
    """Logarithms of the median error of each box, [N]."""
    return np.log(np.median(seen.errors, axis=1).clip(_LEAST_ERROR))


def _spread(keypoints: np.ndarray, boxes: np.ndarray) -> float:
    """Spread about the box's centre: 0 if that is always predicted, whatever the shapes."""
    middles = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    placed = (keypoints - middles) / longer_sides(boxes)[:, None, None]
    return float(placed.std(0).mean())


def in_standard_errors(values: np.ndarray) -> float:
    """The mean of values [N] divided by its standard error; 0 for a single value."""
    if len(values) < 2:
        return 0.0
    error = values.std(ddof=1) / len(values) ** 0.5
    return float(np.clip(values.mean() / max(error, _TINY), -99, 99))
