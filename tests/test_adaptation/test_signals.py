from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from mmpose_uda.adaptation import equivariance
from mmpose_uda.adaptation.calibration_plan import HELD_OUT
from mmpose_uda.adaptation.equivariance import Seen, look
from mmpose_uda.adaptation.signals import Signals, observe
from mmpose_uda.adaptation.source_reference import BoneBounds, SourceReference
from mmpose_uda.adaptation.verdict import (
    BETTER,
    DECISIONS,
    RECORD,
    THRESHOLDS,
    UNCLEAR,
    WORSE,
    Verdict,
    judge,
)
from mmpose_uda.inference.image_sources import Frame

CALIBRATION = Path(__file__).parents[2] / 'docs/calibration.md'
SIZE, BOX = (120, 100), np.array([[20.0, 10, 80, 60]])  # px; x, y, w, h
META = dict(flip_indices=[1, 0, 2], keypoint_id2name={0: 'left', 1: 'right', 2: 'middle'})


def frames(count=6):
    """Images with a red spot on the left, a green one right of it and a blue one below."""
    rng, made = np.random.default_rng(0), []
    for n in range(count):
        image = np.zeros((*SIZE[::-1], 3), np.uint8)
        left = rng.integers(38, 46, 2)
        for channel, shift in ((2, (0, 0)), (1, (28, 0)), (0, (14, 12))):
            centre = (left + shift).tolist()
            color = [0, 0, 0]
            color[channel] = 255
            cv2.circle(image, centre, 3, color, -1)
        made.append(Frame(f'{n}.png', image, BOX))
    return made


def spots(image):
    """Middles of the spots [3, 2], those of red and green by their place, not colour.

    As a network names sides: in a mirror image the left one is the other.
    """
    middles = []
    for channel in (2, 1, 0):
        rows, columns = np.nonzero(image[..., channel] > 100)
        middles.append([columns.mean(), rows.mean()])
    one, other, below = np.array(middles)
    across = one - below
    is_mirrored = across[0] * (other - below)[1] - across[1] * (other - below)[0] < 0
    return np.array([other, one, below] if is_mirrored else [one, other, below])


def network(find, score=0.8):
    """An estimator that is a function of the image."""
    return SimpleNamespace(dataset_meta=META, test_cfg=dict(), find=find, score=score)


@pytest.fixture(autouse=True)
def by_function(monkeypatch):
    def predict(model, frames, batch_size):
        assert model.test_cfg['flip_test'] is False
        for frame in frames:
            found = model.find(frame.image)
            scores = [model.score] * 3
            if found is None:
                yield frame, []
            else:
                yield frame, [dict(keypoints=found.tolist(), keypoint_scores=scores)]

    monkeypatch.setattr(equivariance, 'predict', predict)


def jumping(size):
    """Spots that are missed by a distance that changes with the image."""
    return network(lambda image: spots(image) + size * (int(image[::3].sum()) % 7 - 3))


def observed(before, after, frames, source=None):
    """What both networks find, compared."""
    return observe(look(before, frames), look(after, frames), META['flip_indices'], source)


CONSTANT = network(lambda image: np.array([[30.0, 30], [90, 30], [60, 70]]))


def test_what_finds_the_spots_is_equivariant():
    seen = look(network(spots), frames())
    np.testing.assert_allclose(seen.errors, 0, atol=0.01)
    np.testing.assert_allclose(seen.keypoints[0], spots(frames()[0].image))
    assert (seen.scores == 0.8).all()


def test_what_finds_nothing_is_as_wrong_as_can_be():
    """Also where it finds nothing before and after a change, in the same corner."""
    first = frames(2)[0].image
    model = network(lambda image: spots(image) if (image == first).all() else None)
    seen = look(model, frames(2))
    assert (seen.errors == 1).all()
    np.testing.assert_allclose(seen.keypoints[1], np.broadcast_to(BOX[0, :2], (3, 2)))


def test_what_always_says_the_same_is_not():
    (errors,) = look(CONSTANT, frames(1)).errors
    points = CONSTANT.find(None)
    middle, side = np.array([60.0, 40]), 80
    turn = np.deg2rad(5)
    turned = [
        np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) for a in (turn, -turn)
    ]
    moved = [
        (points - middle) * [-1, 1] + middle,
        *((points - middle) @ t + middle for t in turned),
        *((points - middle) / s + middle for s in (0.95, 1.05)),
    ]
    moved[0] = moved[0][[1, 0, 2]]
    expected = [np.linalg.norm(m - points, axis=1) / side for m in moved]
    np.testing.assert_allclose(errors, np.mean(expected, axis=0), rtol=1e-6)
    # without sides the mirror image, which is the other hand, is left out
    one_sided = network(CONSTANT.find)
    one_sided.dataset_meta = dict(META, flip_indices=[0, 1, 2])
    (errors,) = look(one_sided, frames(1)).errors
    np.testing.assert_allclose(errors, np.mean(expected[1:], axis=0), rtol=1e-6)


def test_signals_of_a_model_that_became_steadier():
    signals = observed(jumping(2), network(spots, 0.9), frames()).signals
    before, after = signals.equivariance
    assert after < 0.1 * before and signals.steadier > 2
    assert signals.confidence == pytest.approx((0.8, 0.9))
    assert signals.swapped == 0 and signals.implausible is None
    assert judge(signals).decision == BETTER


def test_a_few_keypoints_that_jump_tell_little():
    """They would be most of a mean; and what steadies most of the boxes is no chance."""
    rng = np.random.default_rng(0)
    boxes = np.tile([20.0, 10, 100, 70], (30, 1))
    found = rng.uniform(20, 60, (30, 3, 2))
    errors = rng.uniform(0.02, 0.03, (30, 3))
    jumping = np.where(rng.random((30, 3)) < 0.1, 1.0, errors)
    one, other = (
        Seen(boxes, found, found, np.ones((30, 3)), e) for e in (jumping, 0.6 * errors)
    )
    signals = observe(one, other, META['flip_indices']).signals
    before, after = signals.equivariance
    assert 0.02 < before < 0.03 and after == pytest.approx(0.6 * np.median(errors))
    assert signals.steadier > 5
    # a single box that is much less steady does not hide it
    worse = 0.6 * errors
    worse[0] = 1.0
    shaken = Seen(boxes, found, found, np.ones((30, 3)), worse)
    assert observe(one, shaken, META['flip_indices']).signals.steadier > 2


def test_signals_of_a_model_that_did_not_change():
    found = observed(network(spots), network(spots), frames())
    assert found.signals.moved == 0 and (found.distances == 0).all()
    assert found.signals.spread[0] == found.signals.spread[1] > 0.01
    assert judge(found.signals).decision == UNCLEAR


def test_what_several_models_find_is_put_together():
    images = frames()
    parts = [look(network(spots, 0.9), images[:2]), look(jumping(2), images[2:])]
    together = Seen.together(parts)
    whole = [look(network(spots, 0.9), images), look(jumping(2), images)]
    for name, values in vars(together).items():
        first, second = (vars(one)[name] for one in whole)
        np.testing.assert_array_equal(values, np.concatenate([first[:2], second[2:]]))


def test_a_collapse_is_worse_though_it_is_sure():
    verdict = judge(observed(network(spots), CONSTANT, frames()).signals)
    assert verdict.decision == WORSE and 'poses get more alike' in verdict.sentence


def test_a_starting_model_that_was_not_trained():
    verdict = judge(observed(CONSTANT, CONSTANT, frames(12)).signals)
    assert verdict.decision == UNCLEAR
    assert 'in 12 held-out boxes the starting model finds much the' in verdict.sentence
    assert verdict.sentence.endswith('so there is nothing to compare with.')
    # its poses say nothing of images, and all that is known is that the others are far off
    verdict = judge(observed(CONSTANT, network(spots), frames(12)).signals)
    assert verdict.decision == WORSE
    assert 'keypoints moved' in verdict.sentence and 'not trained' in verdict.sentence


def test_a_model_is_wrecked_though_all_poses_were_alike():
    middles = network(lambda image: 0.05 * spots(image) + [55, 35])
    wrecked = jumping(9)
    wrecked.score = 0.1
    signals = observed(middles, wrecked, frames(12)).signals
    assert signals.spread[0] < 0.02
    verdict = judge(signals)
    assert verdict.decision == WORSE
    assert 'less confident' in verdict.sentence and 'much the same pose' in verdict.sentence


def test_the_middle_of_boxes_of_any_shape_is_much_the_same_pose():
    rng = np.random.default_rng(0)
    corners, sizes = rng.uniform(0, 50, (12, 2)), rng.uniform(20, 90, (12, 2))
    boxes = np.hstack([corners, corners + sizes])
    keypoints = np.repeat((corners + sizes / 2)[:, None], 3, axis=1)
    numbers = np.full((12, 3), 0.1)
    seen = Seen(boxes, keypoints, keypoints, numbers, numbers)
    signals = observe(seen, seen, META['flip_indices']).signals
    np.testing.assert_allclose(signals.spread, 0, atol=1e-9)
    assert 'nothing to compare with' in judge(signals).sentence


def test_one_box_has_no_spread():
    signals = observed(network(spots), network(spots), frames(1)).signals
    assert signals.spread == (0, 0)
    verdict = judge(signals)
    assert verdict.decision == UNCLEAR and 'about as steady' in verdict.sentence
    verdict = judge(observed(network(spots), jumping(9), frames(1)).signals)
    assert verdict.decision == WORSE and 'much the same' not in verdict.sentence


def test_exchanged_sides_are_worse():
    swapping = network(lambda image: spots(image)[[1, 0, 2]])
    signals = observed(network(spots), swapping, frames()).signals
    assert signals.swapped == 1
    assert 'left and right' in judge(signals).sentence


def test_bones_that_the_source_has_not():
    poses = np.array([[[0.0, 0], [10, 0], [5, 5]]]) * np.linspace(1, 3, 30)[:, None, None]
    links = np.array([[0, 1], [1, 2]])
    bounds = BoneBounds.of_poses(poses, np.ones((30, 3)), links)
    assert bounds.outside(poses) == 0
    stretched = poses * [1, 5]
    assert bounds.outside(stretched) == 1
    assert BoneBounds.of_poses(poses[:9], np.ones((9, 3)), links) is None
    reference = SourceReference('the source', confidence=0.9, bones=bounds)
    far = network(lambda image: np.array([[0.0, 0], [10, 0], [10, 90]]) + spots(image)[0])
    signals = observed(network(spots), far, frames(), reference).signals
    assert signals.implausible[1] == 1 and signals.source_confidence == 0.9
    verdict = judge(signals)
    assert 'bones' in verdict.sentence and len(verdict.used) == 2


GOOD = dict(
    boxes=40,
    equivariance=(0.05, 0.03),
    steadier=5.0,
    confidence=(0.6, 0.7),
    spread=(0.1, 0.1),
    moved=0.015,
    swapped=0.0,
)


@pytest.mark.parametrize(
    'changed, decision',
    [
        ({}, BETTER),
        (dict(steadier=1.0), UNCLEAR),
        (dict(equivariance=(0.05, 0.048)), UNCLEAR),
        (dict(equivariance=(0.05, 0.06), steadier=-3.0), WORSE),
        (dict(equivariance=(0.05, 0.06), steadier=-1.0), UNCLEAR),
        (dict(spread=(0.1, 0.05)), WORSE),
        (dict(spread=(0.01, 0.1)), UNCLEAR),
        (dict(spread=(0.01, 0.001)), UNCLEAR),
        (dict(spread=(0.01, 0.01), swapped=0.5), WORSE),
        (dict(confidence=(0.6, 0.4)), WORSE),
        (dict(confidence=(0.0, 0.0)), BETTER),
        (dict(moved=0.15), BETTER),
        (dict(moved=0.25), WORSE),
        (dict(equivariance=(0.004, 0.003), moved=0.03), BETTER),
        (dict(equivariance=(0.004, 0.003), moved=0.05), WORSE),
        (dict(equivariance=(0.0, 0.0), moved=0.001), UNCLEAR),
        (dict(swapped=0.5), WORSE),
        (dict(implausible=(0.1, 0.2)), WORSE),
        (dict(implausible=(0.1, 0.12)), BETTER),
    ],
)
def test_the_decision(changed, decision):
    verdict = judge(Signals(**{**GOOD, **changed}))
    assert verdict.decision == decision
    assert verdict.sentence.startswith(f'{decision}: in 40 held-out boxes')


def test_of_few_boxes_no_spread_is_too_small():
    few = dict(GOOD, spread=(0.01, 0.001))
    assert judge(Signals(**dict(few, boxes=9))).decision == BETTER
    assert judge(Signals(**dict(few, boxes=10))).decision == UNCLEAR


def test_the_record_is_that_of_the_calibration():
    """What the report tells of the verdict is counted from the runs in docs/."""
    found = {decision: dict.fromkeys(DECISIONS, 0) for decision in DECISIONS}
    *_, page = CALIBRATION.read_text('utf-8').partition('## All runs')
    for line in page.splitlines():
        cells = [cell.strip(' *') for cell in line.strip('|').split('|')]
        if len(cells) == 13 and cells[3] == HELD_OUT:
            found[cells[10]][cells[11]] += 1
    assert found == RECORD and repr(THRESHOLDS) in CALIBRATION.read_text('utf-8')
    verdict = Verdict(WORSE, '', [], [])
    assert 'this was the verdict 5 times: 0 were better' in verdict.record
