"""Each figure against a slow computation by other means, and by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid
from scipy.linalg import orthogonal_procrustes
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from mmpose_uda.errors import UserError
from mmpose_uda.evaluation import functional as F

SEEDS = st.integers(0, 2**32 - 1)


def make_poses(seed=0, n=6, k=21, noise=15.0):
    """Predictions, ground truth (mm, far from the origin) and validity with gaps."""
    rng = np.random.default_rng(seed)
    gt = rng.normal(0, 40, (n, k, 3)) + rng.normal(0, 300, (n, 1, 3))
    pred = gt + rng.normal(0, noise, gt.shape) + rng.normal(0, 100, (n, 1, 3))
    valid = rng.random((n, k)) < 0.8
    valid[:, 0] = True
    valid[:, 1:5] |= valid.sum(1, keepdims=True) < 5
    return pred, gt, valid


def poison(poses, valid):
    """The poses with NaN at every joint that must not matter."""
    return np.where(valid[..., None], poses, np.nan)


def slow_align(pred, gt):
    """One pose [K, 3] aligned by scipy's rotation fit, which never reflects."""
    a, b = pred - pred.mean(0), gt - gt.mean(0)
    rotation, _ = Rotation.align_vectors(b, a)
    turned = rotation.apply(a)
    return (turned * b).sum() / (a * a).sum() * turned + gt.mean(0)


def slow_mean(pred, gt, valid):
    """Mean distance over the valid joints, one by one."""
    errors = [
        sum((a - b) ** 2 for a, b in zip(pred[n][k], gt[n][k])) ** 0.5
        for n in range(len(gt))
        for k in range(len(gt[n]))
        if valid[n][k]
    ]
    return sum(errors) / len(errors)


@pytest.mark.parametrize('root', [0, 9])
def test_mpjpe_against_loops(root):
    pred, gt, valid = make_poses()
    valid[:, root] = True
    moved = [
        [[c - r for c, r in zip(joint, pose[root])] for joint in pose]
        for pose in pred.tolist()
    ]
    truth = [
        [[c - r for c, r in zip(joint, pose[root])] for joint in pose]
        for pose in gt.tolist()
    ]
    assert F.mpjpe(poison(pred, valid), poison(gt, valid), valid, root) == pytest.approx(
        slow_mean(moved, truth, valid), rel=1e-12
    )


def test_mpjpe_by_hand():
    gt = np.zeros((2, 3, 3))
    pred = np.zeros((2, 3, 3))
    pred[0, 1] = 3, 4, 0
    pred[1] += 100
    assert F.mpjpe(pred, gt) == pytest.approx(5 / 6)
    assert F.mpjpe(pred, gt, np.array([[1, 1, 0], [1, 0, 0]])) == pytest.approx(5 / 3)


def test_pa_mpjpe_against_scipy_rotation():
    pred, gt, valid = make_poses(noise=30.0)
    aligned = np.full_like(gt, np.nan)
    for n in range(len(gt)):
        aligned[n, valid[n]] = slow_align(pred[n, valid[n]], gt[n, valid[n]])
    assert F.pa_mpjpe(poison(pred, valid), poison(gt, valid), valid) == pytest.approx(
        slow_mean(aligned, gt, valid), rel=1e-9
    )


def test_pa_mpjpe_against_scipy_procrustes_where_nothing_reflects():
    pred, gt, _ = make_poses(noise=5.0)
    errors = []
    for p, g in zip(pred, gt):
        a, b = p - p.mean(0), g - g.mean(0)
        matrix, total = orthogonal_procrustes(a, b)
        assert np.linalg.det(matrix) > 0
        errors.append(np.linalg.norm(total / (a * a).sum() * a @ matrix - b, axis=-1))
    assert F.pa_mpjpe(pred, gt) == pytest.approx(np.mean(errors), rel=1e-9)


def test_alignment_is_the_least_squares_optimum():
    pred, gt, _ = make_poses(n=1, k=6, noise=60.0)

    def residual(x):
        moved = x[6] * Rotation.from_rotvec(x[:3]).apply(pred[0]) + x[3:6]
        return ((moved - gt[0]) ** 2).sum()

    starts = np.random.default_rng(0).normal(0, 1, (5, 3))
    best = min(
        minimize(residual, [*start, *gt[0].mean(0), 1.0], tol=1e-12).fun for start in starts
    )
    ours = ((F.similarity_align(pred, gt)[0] - gt[0]) ** 2).sum()
    assert ours == pytest.approx(best, rel=1e-4)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, scale=st.floats(1e-2, 1e2))
def test_pa_ignores_similarity_and_mpjpe_ignores_translation(seed, scale):
    pred, gt, valid = make_poses(seed % 1000)
    rng = np.random.default_rng(seed)
    turn = Rotation.random(random_state=seed).as_matrix()
    shift = rng.normal(0, 200, (len(pred), 1, 3))
    moved = scale * pred @ turn.T + shift
    assert F.pa_mpjpe(moved, gt, valid) == pytest.approx(
        F.pa_mpjpe(pred, gt, valid), rel=1e-7
    )
    assert F.pa_mpjpe(scale * gt @ turn.T + shift, gt, valid) < 1e-6
    assert F.mpjpe(pred + shift, gt, valid) == pytest.approx(F.mpjpe(pred, gt, valid))
    assert F.n_mpjpe(scale * pred + shift, gt, valid) == pytest.approx(
        F.n_mpjpe(pred, gt, valid)
    )


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_pa_does_not_depend_on_joints_that_are_not_valid(seed):
    pred, gt, valid = make_poses(seed % 1000)
    noise = np.random.default_rng(seed).normal(0, 1e4, gt.shape) * ~valid[..., None]
    assert F.pa_mpjpe(pred + noise, gt - noise, valid) == F.pa_mpjpe(pred, gt, valid)


def test_a_mirrored_pose_is_not_reflected_back():
    _, gt, _ = make_poses()
    mirrored = gt * [-1, 1, 1]
    aligned = F.similarity_align(mirrored, gt)
    for n in range(len(gt)):
        np.testing.assert_allclose(aligned[n], slow_align(mirrored[n], gt[n]), atol=1e-6)
    assert F.pa_mpjpe(mirrored, gt) > 5


def test_planar_and_collinear_poses_align_exactly():
    rng = np.random.default_rng(0)
    turn = Rotation.random(random_state=1).as_matrix()
    for rank in (1, 2):
        gt = rng.normal(0, 40, (3, 21, 3)) * (np.arange(3) < rank)
        assert F.pa_mpjpe(2 * gt @ turn + 7, gt) < 1e-9


def test_n_mpjpe_against_a_scalar_search():
    pred, gt, valid = make_poses(noise=30.0)
    pred *= 3
    scaled, truth = F.root_align(pred), F.root_align(gt)
    for n in range(len(gt)):
        p, g = scaled[n][valid[n]], truth[n][valid[n]]
        factor = minimize(lambda s, p=p, g=g: ((s * p - g) ** 2).sum(), 1.0, tol=1e-14).x
        scaled[n] *= factor
    assert F.n_mpjpe(pred, gt, valid) == pytest.approx(
        slow_mean(scaled, truth, valid), rel=1e-5
    )


def slow_sc_tr(pred, gt, root, bone):
    """One pose as HO3D's evaluation aligns it, in plain lists."""
    a, b = bone
    factor = math.dist(gt[a], gt[b]) / math.dist(pred[a], pred[b])
    return [
        [factor * (c - r) + t for c, r, t in zip(joint, pred[root], gt[root])]
        for joint in pred
    ]


@pytest.mark.parametrize('root, bone', [(0, (0, 9)), (3, (7, 2))])
def test_st_mpjpe_against_loops(root, bone):
    pred, gt, valid = make_poses(noise=30.0)
    pred *= 3
    valid[:, [root, *bone]] = True
    valid[2, bone[1]] = False
    moved = [slow_sc_tr(p, g, root, bone) for p, g in zip(pred.tolist(), gt.tolist())]
    rest = [n for n in range(len(gt)) if n != 2]
    assert F.st_mpjpe(
        poison(pred, valid), poison(gt, valid), valid, root, bone
    ) == pytest.approx(
        slow_mean([moved[n] for n in rest], gt[rest], valid[rest]), rel=1e-12
    )


def test_st_mpjpe_by_hand():
    gt = np.zeros((1, 3, 3))
    gt[0, 1, 0], gt[0, 2, 1] = 10, 6
    # half as large, elsewhere, and the last joint 1 too near: 2 after the alignment
    pred = gt / 2 + 7
    pred[0, 2, 1] -= 1
    assert F.st_mpjpe(pred, gt, bone=(0, 1)) == pytest.approx(2 / 3)
    # it turns nothing
    turned = gt[..., [1, 0, 2]]
    assert F.st_mpjpe(turned, gt, bone=(0, 1)) == pytest.approx(
        (np.hypot(10, 10) + np.hypot(6, 6)) / 3
    )
    # and a bone without length scales nothing
    pred[0, 1] = pred[0, 0]
    assert F.st_mpjpe(pred, gt, bone=(0, 1)) == pytest.approx((10 + 4) / 3)
    with pytest.raises(UserError, match='no joint 9'):
        F.st_mpjpe(pred, gt)


JOINTS = [12, 3, 7, 7, 20]
OF_JOINTS = [
    F.mpjpe,
    F.n_mpjpe,
    F.st_mpjpe,
    F.pck_3d,
    F.pck_3d_auc,
    F.pck_3d_mean,
    F.pa_mpjpe,
    F.pa_pck_3d_auc,
]


@pytest.mark.parametrize('figure', OF_JOINTS)
def test_scored_joints_are_those_of_poses_without_the_others(figure):
    """Of poses that were made without the others, with a root that is exact."""
    pred, gt, valid = make_poses(noise=40.0)
    assert figure(pred, gt, valid, joints=range(21)) == figure(pred, gt, valid)
    others = np.setdiff1d(np.arange(21), JOINTS)
    kept = np.unique(JOINTS)
    found = figure(poison(pred, valid), poison(gt, valid), valid, joints=JOINTS)
    wrong = pred.copy()
    # the root, and HO3D's bone, are aligned by
    wrong[:, np.setdiff1d(others, [0, 9])] = 1e4
    assert figure(wrong, gt, valid, joints=JOINTS) == pytest.approx(found)
    if figure in (F.pa_mpjpe, F.pa_pck_3d_auc):
        expected = figure(pred[:, kept], gt[:, kept], valid[:, kept])
        assert found == pytest.approx(expected)
    for joint in (-1, 21):
        with pytest.raises(UserError, match=f'no joint {joint}'):
            figure(pred, gt, valid, joints=[0, joint])


def test_mpjpe_of_joints_against_loops():
    pred, gt, valid = make_poses()
    errors = [
        math.dist(pred[n, k] - pred[n, 0], gt[n, k] - gt[n, 0])
        for n in range(len(gt))
        for k in (3, 7, 12, 20)
        if valid[n, k]
    ]
    assert F.mpjpe(pred, gt, valid, joints=JOINTS) == pytest.approx(np.mean(errors))
    hits = [error < 30 for error in errors]
    assert 0 < np.mean(hits) < 1
    assert F.pck_3d(pred, gt, valid, 0, 30.0, JOINTS) == pytest.approx(np.mean(hits))


def slow_auc(errors, valid, max_threshold, steps, min_threshold=0.0):
    """FreiHAND's loops: a curve for each joint, its area, the mean over the joints."""
    thresholds = np.linspace(min_threshold, max_threshold, steps)
    areas = []
    for k in range(errors.shape[1]):
        data = errors[valid[:, k], k]
        if len(data):
            curve = [np.mean(data <= t) for t in thresholds]
            norm = trapezoid(np.ones(steps), thresholds)
            areas.append(trapezoid(curve, thresholds) / norm)
    return np.mean(areas)


@pytest.mark.parametrize('max_threshold, steps', [(50.0, 100), (150.0, 31), (7.0, 2)])
def test_auc_against_loops(max_threshold, steps):
    pred, gt, valid = make_poses(n=9)
    valid[:, 4] = False
    errors = np.linalg.norm(F.root_align(pred) - F.root_align(gt), axis=-1)
    assert F.pck_3d_auc(
        poison(pred, valid), poison(gt, valid), valid, 0, max_threshold, steps
    ) == pytest.approx(slow_auc(errors, valid, max_threshold, steps))


@pytest.mark.parametrize('low, high, steps', [(8 * 50 / 19, 50.0, 12), (20.0, 50.0, 100)])
def test_auc_of_a_range_against_loops(low, high, steps):
    pred, gt, valid = make_poses(n=9)
    errors = np.linalg.norm(F.root_align(pred) - F.root_align(gt), axis=-1)
    found = F.pck_3d_auc(pred, gt, valid, 0, high, steps, low)
    assert found == pytest.approx(slow_auc(errors, valid, high, steps, low))
    assert found > F.pck_3d_auc(pred, gt, valid)
    # only what is scored has a curve
    kept = np.unique(JOINTS)
    assert F.pck_3d_auc(pred, gt, valid, 0, high, steps, low, JOINTS) == pytest.approx(
        slow_auc(errors[:, kept], valid[:, kept], high, steps, low)
    )


def test_auc_of_aligned_poses_against_loops():
    pred, gt, valid = make_poses(n=9, noise=30.0)
    errors = np.full(valid.shape, np.nan)
    for n, seen in enumerate(valid):
        aligned = slow_align(pred[n, seen], gt[n, seen])
        errors[n, seen] = np.linalg.norm(aligned - gt[n, seen], axis=-1)
    for low, high, steps in ((0.0, 50.0, 100), (20.0, 50.0, 7)):
        found = F.pa_pck_3d_auc(
            poison(pred, valid), poison(gt, valid), valid, high, steps, low
        )
        assert found == pytest.approx(slow_auc(errors, valid, high, steps, low))


def test_auc_reads_the_published_curve_from_20_mm_on():
    """Zimmermann and Brox drop the first 8 of 20 points of the mean curve."""
    pred, gt, _ = make_poses(n=9)
    errors = np.linalg.norm(F.root_align(pred) - F.root_align(gt), axis=-1)
    thresholds = np.linspace(0.0, 50.0, 20)
    curve = [np.mean([np.mean(column <= t) for column in errors.T]) for t in thresholds]
    x, y = thresholds[8:], curve[8:]
    expected = trapezoid(y, x) / trapezoid(np.ones(12), x)
    found = F.pck_3d_auc(pred, gt, None, 0, 50.0, 12, 8 * 50 / 19)
    assert found == pytest.approx(expected)


def test_auc_by_hand():
    gt = np.zeros((1, 2, 3))
    pred = np.zeros((1, 2, 3))
    # Thresholds 0, 10, .., 50. The root is exact: area 1. An error of 20 is met from
    # the third on: the curve 0 0 1 1 1 1 has the area (1/2 + 3) / 5 = 0.7.
    pred[0, 1, 2] = 20
    assert F.pck_3d_auc(pred, gt, steps=6) == pytest.approx((1 + 0.7) / 2)
    pred[0, 1, 2] = 20.001
    assert F.pck_3d_auc(pred, gt, steps=6) == pytest.approx((1 + 0.5) / 2)
    pred[0, 1, 2] = 51
    assert F.pck_3d_auc(pred, gt, steps=6) == pytest.approx(0.5)


def test_pck_3d_by_hand():
    gt = np.zeros((1, 4, 3))
    pred = np.zeros((1, 4, 3))
    # nearer than the threshold, as MPI-INF-3DHP counts
    pred[0, 1:, 0] = 149, 150, 151
    assert F.pck_3d(pred, gt) == 0.5
    assert F.pck_3d(pred, gt, np.array([[1, 1, 0, 1]]), threshold=100) == 1 / 3


def test_mean_pck_3d_against_loops():
    pred, gt, valid = make_poses(n=9, noise=60.0)
    shares = []
    for threshold in range(0, 151, 5):
        hits, total = 0, 0
        for p, g, seen in zip(pred, gt, valid):
            for k in np.flatnonzero(seen):
                error = np.linalg.norm((p[k] - p[0]) - (g[k] - g[0]))
                hits, total = hits + (error < threshold), total + 1
        shares.append(hits / total)
    assert len(shares) == 31 and 0.2 < np.mean(shares) < 0.8
    assert F.pck_3d_mean(poison(pred, valid), poison(gt, valid), valid) == pytest.approx(
        np.mean(shares)
    )
    assert F.pck_3d(pred, gt, valid) == pytest.approx(shares[-1])


def test_mean_pck_3d_by_hand():
    gt = np.zeros((1, 2, 3))
    pred = np.zeros((1, 2, 3))
    # The root is exact and misses 0 alone; 140 is met at 145 and 150, 145 at 150 alone.
    pred[0, 1, 2] = 140
    assert F.pck_3d_mean(pred, gt) == pytest.approx((30 / 31 + 2 / 31) / 2)
    pred[0, 1, 2] = 145
    assert F.pck_3d_mean(pred, gt) == pytest.approx((30 / 31 + 1 / 31) / 2)
    pred[0, 1, 2] = 150
    assert F.pck_3d_mean(pred, gt) == pytest.approx(30 / 31 / 2)


def test_crop_pck_by_hand():
    size = np.array([[200, 100]])
    gt = np.zeros((1, 4, 2))
    # Sides 200 x 100: 5% are 10 px across and 5 px down; on the line is outside.
    pred = np.array([[[9.9, 0], [0, 5.0], [0, 4.9], [8, 3.2]]])
    assert F.crop_pck(pred, gt, size) == 0.5
    assert F.crop_pck(pred, gt, size, np.array([[1, 0, 1, 0]])) == 1
    assert F.crop_pck(pred, gt, size, thr=0.0501) == 0.75


def test_to_crop_against_mmpose_warp():
    from mmpose.structures.bbox import get_warp_matrix

    rng = np.random.default_rng(0)
    points = rng.uniform(0, 640, (3, 21, 2))
    center = rng.uniform(100, 500, (3, 2))
    scale = rng.uniform(50, 300, (3, 1)) * [1.0, 4 / 3]
    size = np.array([[96, 128]] * 3)
    ours = F.to_crop(points, center, scale, size)
    for n in range(3):
        matrix = get_warp_matrix(center[n], scale[n], 0.0, (96, 128))
        np.testing.assert_allclose(
            ours[n], points[n] @ matrix[:, :2].T + matrix[:, 2], atol=1e-2
        )


def test_all_joints_in_one_point_give_numbers():
    _, gt, _ = make_poses()
    point = np.full_like(gt, 12.3)
    spread = np.linalg.norm(gt - gt.mean(1, keepdims=True), axis=-1).mean()
    assert F.pa_mpjpe(point, gt) == pytest.approx(spread)
    assert F.pa_mpjpe(gt, point) == pytest.approx(0, abs=1e-6)
    assert F.pa_mpjpe(point, point) == pytest.approx(0, abs=1e-9)
    lengths = np.linalg.norm(F.root_align(gt), axis=-1).mean()
    assert F.mpjpe(point, gt) == pytest.approx(lengths)
    assert F.n_mpjpe(point, gt) == pytest.approx(lengths)
    for figure in (F.pck_3d, F.pck_3d_mean):
        assert 0 <= figure(point, gt) <= 1


def test_scale_of_a_prediction_that_is_zero():
    _, gt, valid = make_poses()
    truth = F.root_align(gt)
    zero = np.zeros_like(gt)
    np.testing.assert_array_equal(F.scale_align(zero, truth, valid), zero)
    # zero but for a joint that does not count
    valid[:, 5] = False
    zero[:, 5] = 1e3
    assert F.n_mpjpe(zero, gt, valid) == pytest.approx(
        slow_mean(np.zeros_like(gt), truth, valid)
    )


@pytest.mark.parametrize('count', [1, 2])
def test_one_or_two_valid_joints_give_numbers(count):
    pred, gt, _ = make_poses()
    valid = np.zeros(gt.shape[:2], bool)
    valid[:, :count] = True
    assert F.pa_mpjpe(poison(pred, valid), gt, valid) == pytest.approx(0, abs=1e-6)
    assert np.isfinite(F.mpjpe(pred, gt, valid))
    assert np.isfinite(F.n_mpjpe(pred, gt, valid))
    for figure in (F.pck_3d_auc, F.pck_3d, F.pck_3d_mean):
        assert 0 <= figure(pred, gt, valid) <= 1


def test_a_pose_without_root_is_left_out_of_root_aligned_figures():
    pred, gt, valid = make_poses()
    rest = np.arange(1, len(gt))
    valid[0, 0] = False
    for figure in OF_JOINTS[:-2]:  # but for those that need no root
        assert figure(poison(pred, valid), gt, valid) == pytest.approx(
            figure(pred[rest], gt[rest], valid[rest])
        )


@pytest.mark.parametrize('figure', OF_JOINTS)
def test_nothing_to_score_and_nan_are_refused(figure):
    pred, gt, valid = make_poses()
    with pytest.raises(UserError, match='no joint to score'):
        figure(pred, gt, np.zeros_like(valid))
    broken = pred.copy()
    broken[2, 0, 1] = np.nan
    with pytest.raises(UserError, match='Prediction 2 is NaN or infinite at joint 0'):
        figure(broken, gt, valid)
    broken[2, 0, 1] = np.inf
    with pytest.raises(UserError, match='Ground truth 2'):
        figure(pred, broken, valid)
    with pytest.raises(ValueError, match='one shape'):
        figure(pred[:, :20], gt, valid)
    with pytest.raises(ValueError, match='Validity must have shape'):
        figure(pred, gt, valid[:, :20])


def test_crop_pck_refuses_an_empty_score():
    with pytest.raises(UserError, match='no joint to score'):
        F.crop_pck(
            np.zeros((1, 2, 2)),
            np.zeros((1, 2, 2)),
            np.array([[4, 4]]),
            np.zeros((1, 2)),
        )
