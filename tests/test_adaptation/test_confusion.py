import json
from dataclasses import replace

import numpy as np
import pytest
from data_factory import HAND_NAMES, write_pose_dataset

from mmpose_uda import UserError
from mmpose_uda.adaptation.calibration import Outcome, _mirrored, truth_of
from mmpose_uda.adaptation.calibration_plan import CASES, FIT, HELD_OUT, PLANS
from mmpose_uda.adaptation.confusion import Confusion, fit, report
from mmpose_uda.adaptation.signals import Signals
from mmpose_uda.adaptation.verdict import BETTER, THRESHOLDS, UNCLEAR, WORSE
from mmpose_uda.convert.source_folder import SourceFolder


def outcome(truth, half=FIT, **changed):
    values = dict(
        boxes=40,
        equivariance=(0.05, 0.035),
        steadier=5.0,
        confidence=(0.6, 0.6),
        spread=(0.1, 0.1),
        moved=0.02,
        swapped=0.0,
    )
    signals = Signals(**{**values, **changed})
    return Outcome(
        'hand',
        'source_free',
        0,
        half,
        signals,
        {'sides of the box': (0.1, 0.09)},
        truth,
    )


def measured(factor, noise=0.01):
    before = np.linspace(0.05, 0.2, 200)
    return before, factor * before + noise * np.tile([0.1, -0.1], 100)


@pytest.mark.parametrize(
    'factor, noise, truth',
    [
        (0.8, 0.01, BETTER),
        (1.3, 0.01, WORSE),
        (0.96, 0.001, UNCLEAR),  # surely, but by too little
        (1.06, 1.0, UNCLEAR),  # by enough, but it may be chance
    ],
)
def test_the_truth(factor, noise, truth):
    assert truth_of(measured(factor, noise)) == truth


@pytest.mark.parametrize(
    'in_image, in_space, truth',
    [
        (0.8, 1.0, BETTER),
        (1.0, 0.8, BETTER),
        (0.8, 1.2, WORSE),
        (1.2, 0.8, WORSE),
        (1.0, 1.0, UNCLEAR),
    ],
)
def test_the_truth_of_a_3d_estimator(in_image, in_space, truth):
    assert truth_of(measured(in_image), measured(in_space)) == truth


def test_counts_by_truth_and_verdict():
    outcomes = [
        outcome(BETTER),
        outcome(WORSE),
        outcome(WORSE, spread=(0.1, 0.01)),
        outcome(UNCLEAR, steadier=0.0),
    ]
    matrix = Confusion.of(outcomes, THRESHOLDS)
    assert matrix.counts[WORSE] == {BETTER: 1, UNCLEAR: 0, WORSE: 1}
    assert (matrix.right, matrix.total, matrix.worse_called_better) == (3, 4, 1)
    assert matrix.cost == 3
    assert '3 of 4 right; of 2 that are worse, 1 called better' in matrix.markdown()


def test_thresholds_are_fitted():
    outcomes = [
        outcome(BETTER),
        outcome(WORSE, confidence=(0.6, 0.52)),
        outcome(WORSE, spread=(0.1, 0.075)),
    ]
    assert Confusion.of(outcomes, THRESHOLDS).cost == 6
    fitted = fit(outcomes, 'a test')
    assert Confusion.of(outcomes, fitted).cost == 0
    assert fitted.origin == 'a test' and fitted.sure == 2.0
    assert fitted.swapped == THRESHOLDS.swapped


def test_a_threshold_is_far_from_what_it_parts():
    """Its place among values that cost the same is the middle, not the first tried."""
    steadier = [outcome(BETTER, equivariance=(0.1, 0.072))]
    hardly = [outcome(UNCLEAR, equivariance=(0.1, 0.088))]
    fitted = fit([*steadier, *hardly], 'a test')
    assert fitted.steadier == pytest.approx(0.8, abs=0.01)
    assert fitted.drifted == 3.0  # which makes no difference


def test_a_threshold_does_not_stay_beside_a_run():
    """Wherever those in use are, of which one may be just beside it."""
    beside = THRESHOLDS.steadier - 1e-4
    runs = [
        outcome(BETTER, equivariance=(0.1, 0.1 * beside)),
        outcome(UNCLEAR, equivariance=(0.1, 0.1 * 0.9)),
    ]
    middle = (beside * 0.9) ** 0.5
    assert fit(runs, 'a test').steadier == pytest.approx(middle, abs=0.01)


def test_outcomes_of_another_version(tmp_path):
    path = tmp_path / 'outcome.json'
    path.write_text(json.dumps(dict(benchmark='hand', error=[1, 2])))
    with pytest.raises(UserError, match='another version.*another --out'):
        Outcome.read(path)


def test_what_is_fitted_is_not_held_out():
    """Photographs are in both halves, by other seeds."""
    halves = {kind: {run.half for run in plan} for kind, plan in PLANS.items()}
    assert halves == dict(
        rendered={FIT, HELD_OUT},
        photographs_to_fit={FIT},
        photographs_held_out={HELD_OUT},
    )
    rendered, *photographed = PLANS.values()
    for runs in (rendered, [run for plan in photographed for run in plan]):
        assert len({(run.case, run.seed) for run in runs}) == len(runs)
    assert {run.case for plan in PLANS.values() for run in plan} == set(CASES)


def test_one_half_fixes_the_thresholds():
    outcomes = [
        outcome(BETTER),
        outcome(BETTER, HELD_OUT, implausible=(0.1, 0.3)),
        outcome(WORSE, HELD_OUT, swapped=1.0),
    ]
    page, suggested = report(outcomes)
    assert 'fitted to 1 runs' in suggested.origin
    held_out = page[page.index('The held-out half, the source known') :]
    assert '1 of 2 right' in held_out
    unknown = held_out[held_out.index('not known') :]
    assert '2 of 2 right' in unknown


def test_an_outcome_is_kept(tmp_path):
    kept = outcome(WORSE, implausible=(0.1, 0.2))
    kept.write(tmp_path / 'a/outcome.json')
    read = Outcome.read(tmp_path / 'a/outcome.json')
    errors = {'sides of the box': [0.1, 0.09]}
    assert replace(read, signals=None) == replace(kept, on_labels=errors, signals=None)
    assert Confusion.of([read], THRESHOLDS) == Confusion.of([kept], THRESHOLDS)


class Sides:
    """A start whose first two keypoints are left and right."""

    parsed = dict(flip_indices=[1, 0, *range(2, len(HAND_NAMES))])


def test_mirrored_labels(tmp_path):
    write_pose_dataset(tmp_path / 'hands', 2)
    source = SourceFolder(tmp_path / 'hands', 'images/', 'annotations/train.json', None)
    mirrored = _mirrored(source, Sides, tmp_path / 'run/mirrored.json')
    files = (source.root / source.train, mirrored.root / mirrored.train)
    before, after = (json.loads(f.read_text())['annotations'][1] for f in files)
    assert after['keypoints'][:6] == [*before['keypoints'][3:6], *before['keypoints'][:3]]
    assert after['keypoints'][6:] == before['keypoints'][6:]
    assert after['keypoints_3d'][0] == before['keypoints_3d'][1]
    name = json.loads(files[1].read_text())['images'][0]['file_name']
    assert (mirrored.root / mirrored.images / name).is_file()
