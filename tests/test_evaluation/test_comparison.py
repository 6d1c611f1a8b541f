import math
from dataclasses import replace

import numpy as np
import pytest
from comparison_factory import make_comparison

from mmpose_uda import UserError
from mmpose_uda.evaluation import functional as F


@pytest.fixture(params=[False, True], ids=['2d', '3d'])
def comparison(request):
    return make_comparison(request.param)


def slow_errors(comparison):
    """Every error by hand: model -> sample -> joint -> error, of those that count."""
    truth, root = comparison.truth, comparison.root
    found = {}
    for m, model in enumerate((comparison.a, comparison.b)):
        for n, joints in enumerate(truth.valid):
            for k, labelled in enumerate(joints):
                if not labelled or (comparison.is_3d and not joints[root]):
                    continue
                if comparison.is_3d:
                    pred = model.poses[n, k] - model.poses[n, root]
                    real = truth.poses[n, k] - truth.poses[n, root]
                else:
                    pred = model.points[n, k] / truth.size[n]
                    real = truth.points[n, k] / truth.size[n]
                found[m, n, k] = math.dist(pred, real)
    return found


def test_errors(comparison):
    slow = slow_errors(comparison)
    assert np.isfinite(comparison.errors).sum() == len(slow)
    for place, error in slow.items():
        assert comparison.errors[place] == pytest.approx(error)


def test_joints_that_are_not_scored_have_no_error():
    full = make_comparison(is_3d=True)
    some = replace(full, joints=[4, 7, 20])
    chosen = np.isin(np.arange(21), [4, 7, 20])
    np.testing.assert_array_equal(some.errors[..., chosen], full.errors[..., chosen])
    assert np.isnan(some.errors[..., ~chosen]).all()
    poses = some.a.poses, some.truth.poses, some.truth.valid
    assert some.mean_errors[0] == pytest.approx(F.mpjpe(*poses, joints=[4, 7, 20]))


def test_means_are_over_what_counts(comparison):
    slow = slow_errors(comparison)

    def mean(m, place, index):
        values = [e for key, e in slow.items() if key[0] == m and key[place] == index]
        return sum(values) / len(values) if values else math.nan

    samples, joints = comparison.truth.valid.shape
    for m in (0, 1):
        everything = [e for key, e in slow.items() if key[0] == m]
        assert comparison.mean_errors[m] == pytest.approx(np.mean(everything))
        np.testing.assert_allclose(
            comparison.sample_errors[m], [mean(m, 1, n) for n in range(samples)]
        )
        np.testing.assert_allclose(
            comparison.joint_errors[m], [mean(m, 2, k) for k in range(joints)]
        )
    assert math.isnan(comparison.gains[2]) and math.isnan(comparison.joint_errors[0, 20])
    counts = [sum(key[0] == 0 and key[2] == k for key in slow) for k in range(joints)]
    assert comparison.joint_counts.tolist() == counts
    # Without its root, a pose has no place in space.
    assert math.isnan(comparison.gains[3]) == comparison.is_3d


def test_gains_and_losses_are_sorted_and_have_their_sign(comparison):
    gains = comparison.gains
    best, worst = comparison.largest_gains(99), comparison.largest_losses(99)
    assert best and worst
    assert [gains[n] for n in best] == sorted(gains[gains > 0], reverse=True)
    assert [gains[n] for n in worst] == sorted(gains[gains < 0])
    assert comparison.largest_gains(2) == best[:2]
    assert comparison.largest_losses(1) == worst[:1]


def test_a_model_against_itself_neither_gains_nor_loses(comparison):
    same = replace(comparison, b=comparison.a)
    assert same.largest_gains(5) == same.largest_losses(5) == []


def test_curve_is_the_pck_of_the_metrics(comparison):
    thresholds = np.array([0.0, 0.01, 0.05, 0.2, 20.0, 150.0])
    truth = comparison.truth
    for model, curve in zip((comparison.a, comparison.b), comparison.pck(thresholds)):
        if comparison.is_3d:
            expected = [
                F.pck_3d(model.poses, truth.poses, truth.valid, threshold=t)
                for t in thresholds
            ]
        else:
            expected = [
                F.crop_pck(model.points, truth.points, truth.size, truth.valid, t)
                for t in thresholds
            ]
        assert curve.tolist() == pytest.approx(expected)
        assert 0 < curve[2] < 1 or comparison.is_3d


def test_a_joint_on_the_threshold_is_no_hit():
    comparison = make_comparison()
    error = np.nanmin(comparison.errors[0])
    at, after = comparison.pck(np.array([error, np.nextafter(error, 1)]))[0]
    assert at == 0 and after > 0


def test_without_poses_of_all_the_errors_are_those_of_2d():
    comparison = make_comparison(is_3d=True)
    flat = replace(comparison, b=replace(comparison.b, poses=None))
    assert not flat.is_3d and flat.scale.largest_threshold == 0.2
    sizes = comparison.truth.size
    expected = F.crop_distances(flat.b.points, flat.truth.points, sizes)
    valid = flat.truth.valid
    np.testing.assert_allclose(flat.errors[1][valid], expected[valid])


def test_another_root():
    comparison = replace(make_comparison(is_3d=True), root=5)
    valid = comparison.truth.valid
    assert np.nanmax(comparison.errors[:, :, 5]) == 0
    assert np.isfinite(comparison.errors[0, valid[:, 5]]).any()
    assert np.isnan(comparison.errors[:, ~valid[:, 5]]).all()


def test_nothing_to_compare(comparison):
    truth = replace(comparison.truth, valid=np.zeros_like(comparison.truth.valid))
    with pytest.raises(UserError, match='nothing to compare: no sample'):
        replace(comparison, truth=truth)
