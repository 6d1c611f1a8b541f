"""Better, worse, or no clear difference: the decision, and the thresholds behind it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mmpose_uda.adaptation.signals import Signals

BETTER, UNCLEAR, WORSE = 'better', 'no clear difference', 'worse'
DECISIONS = (BETTER, UNCLEAR, WORSE)


@dataclass(frozen=True)
class Thresholds:
    """What the signals are compared with.

    Ratios are those of after to before.

    Args:
        origin (str): How they were found.
        steadier (float): The error under changes of the image has at most this ratio, for
            'better'.
        less_steady (float): With a larger ratio it is 'worse'.
        sure (float): Standard errors that a change of it must have for either.
        collapsed (float): With a smaller ratio of spreads it is 'worse'.
        unsure (float): With a smaller ratio of confidences it is 'worse'.
        implausible (float): If the share of implausible bones grows by more, it is 'worse'.
        swapped (float): With a larger share of exchanged poses it is 'worse'.
        settled (float): Keypoints moved at most so much farther than their steadiness
            explains, as a share of their error under changes before, for 'better'.
        drifted (float): If they moved farther than that and this share, it is 'worse'.
    """

    origin: str
    steadier: float
    less_steady: float
    sure: float
    collapsed: float
    unsure: float
    implausible: float
    swapped: float
    settled: float
    drifted: float


# The only place where they are; docs/calibration.md has how often they are right.
THRESHOLDS = Thresholds(
    origin=(
        'settled and drifted from the first half of the runs of 2026-11-29, the others by '
        'judgement before any run'
    ),
    steadier=0.9,
    less_steady=1.05,
    sure=2.0,
    collapsed=0.7,
    unsure=0.8,
    implausible=0.05,
    swapped=0.3,
    settled=0.2,
    drifted=0.35,
)


# What was true of the runs that were judged so, by these thresholds (docs/calibration.md).
RECORD = {
    BETTER: {BETTER: 9, UNCLEAR: 16, WORSE: 0},
    UNCLEAR: {BETTER: 6, UNCLEAR: 11, WORSE: 3},
    WORSE: {BETTER: 0, UNCLEAR: 0, WORSE: 18},
}


# Spread below which all poses are much the same, as AdaptationMonitorHook has it. The
# models of the calibration began at 0.1 or more.
_ALIKE = 0.02
_FEW = 10  # boxes: of fewer, the poses may well be alike; of a single one they are
_TINY = 1e-9


@dataclass(frozen=True)
class Verdict:
    """What is said of an adaptation.

    Args:
        decision (str): One of :data:`DECISIONS`.
        sentence (str): It, with the numbers behind it.
        reasons (list[str]): Each signal that spoke for it, and what weakens it.
        used (list[str]): What the source said, in words; empty where it is not known.
    """

    decision: str
    sentence: str
    reasons: list[str]
    used: list[str]

    @property
    def record(self) -> str:
        """How often it was right where labels could tell, in words."""
        runs = sum(sum(found.values()) for found in RECORD.values())
        found = RECORD[self.decision]
        return (
            f'In {runs} controlled runs this was said {sum(found.values())} times: '
            f'{found[BETTER]} were better, {found[UNCLEAR]} made no clear difference and '
            f'{found[WORSE]} were worse.'
        )


def judge(signals: Signals, thresholds: Thresholds = THRESHOLDS) -> Verdict:
    """Decide from the signals alone.

    Args:
        signals (Signals): Of images that were not trained on.
        thresholds (Thresholds): Defaults to the calibrated ones.
    """
    against = list(_against(signals, thresholds))
    alike = _alike(signals)
    ratio = _ratio(signals.equivariance)
    steadiness = _steadiness(signals)
    is_steadier = ratio <= thresholds.steadier and signals.steadier >= thresholds.sure
    if against:
        decision, reasons = WORSE, [*against, alike] if alike else against
    elif alike:
        decision, reasons = UNCLEAR, [f'{alike}, so there is nothing to compare with']
    elif is_steadier and _unexplained(signals) <= thresholds.settled:
        decision, reasons = BETTER, [f'keypoints are steadier, {steadiness}']
    elif is_steadier:
        decision = UNCLEAR
        reasons = [f'keypoints are steadier, {steadiness}, but {_movement(signals)}']
    else:
        decision, reasons = UNCLEAR, [f'keypoints are about as steady, {steadiness}']
    held_out = f'on {signals.boxes} held-out images'
    sentence = f'{decision}: {held_out} {"; ".join(reasons)}.'
    return Verdict(decision, sentence, reasons, _used(signals))


def _alike(signals: Signals) -> str:
    """Of a starting model whose poses say nothing of images, in words; '' of others."""
    before, _ = signals.spread
    if before >= _ALIKE or signals.boxes < _FEW:
        return ''
    return (
        'the starting model finds much the same pose in all (a spread of '
        f'{before:.3f} of a box), as one that was not trained'
    )


def _against(signals: Signals, limits: Thresholds) -> Iterator[str]:
    """What speaks for 'worse', in words."""
    before, after = signals.spread
    # nothing collapses that is alike already
    if before >= _ALIKE and _ratio(signals.spread) < limits.collapsed:
        yield f'poses get more alike (their spread goes {before:.3f} to {after:.3f})'
    less_steady = _ratio(signals.equivariance) > limits.less_steady
    if less_steady and signals.steadier <= -limits.sure:
        yield f'keypoints are less steady, {_steadiness(signals)}'
    before, after = signals.confidence
    if _ratio(signals.confidence) < limits.unsure:
        yield f'the model is less sure (confidence {before:.2g} to {after:.2g})'
    if signals.swapped > limits.swapped:
        share = 100 * signals.swapped
        yield f'left and right have changed places in {share:.0f} % of the images'
    if _unexplained(signals) > limits.drifted:
        yield _movement(signals)
    if signals.implausible is not None:
        before, after = signals.implausible
        if after - before > limits.implausible:
            yield (
                'more bones are as long as in hardly any pose of the source '
                f'({100 * before:.0f} to {100 * after:.0f} %)'
            )


def _steadiness(signals: Signals) -> str:
    before, after = signals.equivariance
    return (
        f'their error under changes of the image going from {before:.3f} to {after:.3f} '
        'of a box'
    )


def _explained(signals: Signals) -> float:
    """How far keypoints move that are only made steadier, in sides of the box.

    Of noise that is independent from image to image, of variances v before and w after,
    of which the second is an average of the first, differences between images have the
    variances 2v and 2w, and what was averaged away has v - w.
    """
    before, after = signals.equivariance
    return math.sqrt(max(before**2 - after**2, 0) / 2)


def _unexplained(signals: Signals) -> float:
    """How much farther they moved, as a share of their error under changes before."""
    farther = signals.moved - _explained(signals)
    return farther / max(signals.equivariance[0], _TINY)


def _movement(signals: Signals) -> str:
    return (
        f'keypoints moved by {signals.moved:.3f} of a box, where their steadiness explains '
        f'{_explained(signals):.3f}'
    )


def _used(signals: Signals) -> list[str]:
    used = []
    if signals.implausible is not None:
        used.append('the lengths of its bones')
    if signals.source_confidence is not None:
        used.append('the confidence on it')
    return used


def _ratio(pair: tuple[float, float]) -> float:
    before, after = pair
    return 1.0 if before == after else after / max(before, _TINY)
