"""Better, worse, or no clear difference: the decision, and the thresholds behind it."""

from collections.abc import Iterator
from dataclasses import dataclass

from mmpose_uda.adaptation.signals import Signals

BETTER, UNCLEAR, WORSE = 'better', 'no clear difference', 'worse'
DECISIONS = (BETTER, UNCLEAR, WORSE)


@dataclass(frozen=True)
class Thresholds:
    """Thresholds that the signals are compared with.

    Ratios are after divided by before.

    Args:
        origin (str): How they were found.
        steadier (float): Largest ratio of the errors under changes of the image for
            'better'.
        less_steady (float): With a larger ratio of these errors the verdict is 'worse'.
        sure (float): Standard errors by which the error must change for either.
        collapsed (float): With a smaller ratio of spreads it is 'worse'.
        unsure (float): With a smaller ratio of confidences it is 'worse'.
        implausible (float): If the share of implausible bones grows by more, it is 'worse'.
        swapped (float): With a larger share of exchanged poses it is 'worse'.
        drifted (float): If keypoints moved by more than this times their error under
            changes before (taken as 0.01 if it is smaller), it is 'worse'.
    """

    origin: str
    steadier: float
    less_steady: float
    sure: float
    collapsed: float
    unsure: float
    implausible: float
    swapped: float
    drifted: float


# Defined only here; docs/calibration.md has how often verdicts with them are right.
THRESHOLDS = Thresholds(
    origin='fitted to the first half of the runs of 2026-11-30',
    steadier=0.791,
    less_steady=1.05,
    sure=2.0,
    collapsed=0.7,
    unsure=0.8,
    implausible=0.094,
    swapped=0.3,
    drifted=4.149,
)


# Verdict -> truth -> number of runs, of those that the thresholds were not fitted to
# (docs/calibration.md).
RECORD = {
    BETTER: {BETTER: 6, UNCLEAR: 0, WORSE: 0},
    UNCLEAR: {BETTER: 0, UNCLEAR: 13, WORSE: 3},
    WORSE: {BETTER: 0, UNCLEAR: 0, WORSE: 5},
}


# Spread below which all poses are much the same, as in AdaptationMonitorHook. The models of
# the calibration started at 0.1 or more.
_ALIKE = 0.02
# A smaller error under changes is taken as this one when movement is compared with it. The
# models of the calibration started at 0.011 or more.
_STEADY = 0.01
_FEW = 10  # boxes: the poses in fewer may be alike by chance; a single one has no spread
_TINY = 1e-9


@dataclass(frozen=True)
class Verdict:
    """The verdict on an adaptation.

    Args:
        decision (str): One of :data:`DECISIONS`.
        sentence (str): The decision, with the numbers behind it.
        reasons (list[str]): Each signal that led to it, and what weakens it.
        used (list[str]): What was used of the source, in words; empty if it is not known.
    """

    decision: str
    sentence: str
    reasons: list[str]
    used: list[str]

    @property
    def record(self) -> str:
        """How often this decision was right in runs with labels, in words."""
        runs = sum(sum(found.values()) for found in RECORD.values())
        found = RECORD[self.decision]
        return (
            f'In {runs} controlled runs this was the verdict {sum(found.values())} times: '
            f'{found[BETTER]} were better by more than 5 %, {found[UNCLEAR]} made no clear '
            f'difference and {found[WORSE]} were worse by more than 5 %.'
        )


def judge(signals: Signals, thresholds: Thresholds = THRESHOLDS) -> Verdict:
    """Judge an adaptation by its signals.

    Args:
        signals (Signals): Signals on images that were not trained on.
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
    elif is_steadier:
        decision, reasons = BETTER, [f'keypoints are steadier ({steadiness})']
    else:
        decision, reasons = UNCLEAR, [f'keypoints are about as steady ({steadiness})']
    held_out = f'in {signals.boxes} held-out boxes'
    sentence = f'{decision}: {held_out} {"; ".join(reasons)}.'
    return Verdict(decision, sentence, reasons, _used(signals))


def _alike(signals: Signals) -> str:
    """In words, that the starting model's poses hardly depend on the image; else ''."""
    before, _ = signals.spread
    if before >= _ALIKE or signals.boxes < _FEW:
        return ''
    return (
        'the starting model finds much the same pose in all (a spread of '
        f'{before:.3f} of a box), like a model that was not trained'
    )


def _against(signals: Signals, limits: Thresholds) -> Iterator[str]:
    """The reasons for 'worse', in words."""
    before, after = signals.spread
    # poses that are alike already cannot collapse
    if before >= _ALIKE and _ratio(signals.spread) < limits.collapsed:
        yield f'poses get more alike (their spread goes from {before:.3f} to {after:.3f})'
    less_steady = _ratio(signals.equivariance) > limits.less_steady
    if less_steady and signals.steadier <= -limits.sure:
        yield f'keypoints are less steady ({_steadiness(signals)})'
    before, after = signals.confidence
    if _ratio(signals.confidence) < limits.unsure:
        yield f'the model is less confident (from {before:.2g} to {after:.2g})'
    if signals.swapped > limits.swapped:
        share = 100 * signals.swapped
        yield f'left and right are exchanged in {share:.0f} % of the boxes'
    before, _ = signals.equivariance
    if signals.moved > limits.drifted * max(before, _STEADY):
        yield (
            f'keypoints moved by {signals.moved:.4f} of a box, much more than their error '
            f'under changes of the image before ({before:.4f})'
        )
    if signals.implausible is not None:
        before, after = signals.implausible
        if after - before > limits.implausible:
            yield (
                'more bones have a length that hardly any pose of the source has '
                f'({100 * before:.0f} to {100 * after:.0f} %)'
            )


def _steadiness(signals: Signals) -> str:
    before, after = signals.equivariance
    return (
        f'their error under changes of the image goes from {before:.4f} to {after:.4f} '
        'of a box'
    )


def _used(signals: Signals) -> list[str]:
    used = []
    if signals.implausible is not None:
        used.append('the bone lengths')
    if signals.source_confidence is not None:
        used.append('the confidence')
    return used


def _ratio(pair: tuple[float, float]) -> float:
    before, after = pair
    return 1.0 if before == after else after / max(before, _TINY)
