"""Anatomy of the hand: bones, limits, side, and variety of poses."""

import numpy as np
import pytest

from mmpose_uda.synthetic import hand_poses
from mmpose_uda.synthetic.appearance import hand_tones
from mmpose_uda.synthetic.hand import hand_body, sample_view
from mmpose_uda.synthetic.hand_shape import hand_flesh
from mmpose_uda.synthetic.hand_skeleton import (
    BONE_LENGTHS,
    DIP_PER_PIP,
    DIP_TOLERANCE,
    DOFS,
    LIMITS,
    PARENTS,
    HandShape,
    clip_pose,
    forward_kinematics,
)
from mmpose_uda.synthetic.hand_skin import skin_marks


def bones(joints):
    return [np.linalg.norm(joints[j] - joints[PARENTS[j]]) for j in range(1, 21)]


def angle(a, b):
    return np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))


def procrustes_error(prediction, truth):
    """Mean distance after the best similarity transform, by gradient-free algebra."""
    p, t = prediction - prediction.mean(0), truth - truth.mean(0)
    u, s, vt = np.linalg.svd(t.T @ p)
    if np.linalg.det(u @ vt) < 0:
        u[:, 2] *= -1
        s[2] *= -1
    aligned = s.sum() / (p**2).sum() * p @ (u @ vt).T
    return np.mean([np.linalg.norm(a - b) for a, b in zip(aligned, t)])


def test_posing_keeps_bone_lengths():
    rng = np.random.default_rng(0)
    shape = HandShape.sample(rng)
    poses = rng.uniform(LIMITS[:, 0], LIMITS[:, 1], (5, len(DOFS)))
    for joints in forward_kinematics(poses, shape)[0]:
        np.testing.assert_allclose(bones(joints), shape.lengths[0], rtol=1e-9)


def test_hands_differ_in_size_by_seven_percent():
    rng = np.random.default_rng(0)
    sizes = [HandShape.sample(rng).lengths[0] / BONE_LENGTHS for _ in range(800)]
    assert np.mean(sizes, axis=1).std() == pytest.approx(0.07, abs=0.008)
    assert np.std(np.divide(sizes, np.mean(sizes, axis=1, keepdims=True))) < 0.05
    assert 0.7 < np.min(sizes) and np.max(sizes) < 1.35


def test_flexion_angles_are_those_between_bones():
    pose = np.zeros((1, len(DOFS)))
    for name, degrees in dict(index_mcp=30, index_pip=50, index_dip=20).items():
        pose[0, DOFS.index(name)] = degrees
    joints = forward_kinematics(pose, HandShape.mean())[0][0]
    proximal, middle, distal = (joints[i + 1] - joints[i] for i in (5, 6, 7))
    assert angle(proximal, middle) == pytest.approx(50)
    assert angle(middle, distal) == pytest.approx(20)
    # flexion turns the finger out of the palm's plane, to the palm side
    assert angle(proximal, [0, 0, 1]) == pytest.approx(90 - 30)


@pytest.mark.parametrize('domain', ['rendered', 'photo'])
def test_sampled_poses_respect_limits(domain):
    shape = HandShape.mean()
    for i in range(150):
        pose = hand_poses.sample_pose(np.random.default_rng(i), shape, domain)
        assert (pose >= LIMITS[:, 0]).all() and (pose <= LIMITS[:, 1]).all()
        for finger in range(4):
            mcp, abduction, pip, dip = pose[4 * finger : 4 * finger + 4]
            free = np.clip(DIP_PER_PIP * pip, *LIMITS[3])
            assert abs(dip - free) <= DIP_TOLERANCE + 1e-9
            assert abs(abduction) <= 20 * (1 - 0.75 * max(mcp, 0) / 90) + 1e-9


def test_clip_pose_brings_wild_angles_into_limits():
    pose = clip_pose(np.full((1, len(DOFS)), 500.0))[0]
    assert pose[DOFS.index('index_pip')] == LIMITS[2, 1]
    assert pose[DOFS.index('index_abd')] == 20 * 0.25  # a fist cannot spread
    # the input of a finger that hardly bends its PIP pulls the DIP back
    straight = np.zeros((1, len(DOFS)))
    straight[0, DOFS.index('ring_dip')] = 70
    assert clip_pose(straight)[0, DOFS.index('ring_dip')] == DIP_TOLERANCE


def test_pinch_brings_tips_together_and_spread_does_not(monkeypatch):
    shape = HandShape.mean()

    def gap(family):
        monkeypatch.setitem(hand_poses.WEIGHTS, 'rendered', {family: 1.0})
        gaps = []
        for i in range(20):
            rng = np.random.default_rng(i)
            pose = hand_poses.sample_pose(rng, shape, 'rendered')
            joints = forward_kinematics(pose[None], shape)[0][0]
            gaps.append(np.linalg.norm(joints[4] - joints[8]))
        return np.median(gaps)

    assert 9 < gap('ok') < 22
    assert gap('spread') > 80


def straightness(joints):
    """Distance from root to tip of the four fingers over the length of their bones."""
    digits = joints[5:].reshape(4, 4, 3)
    lengths = np.linalg.norm(np.diff(digits, axis=1), axis=-1).sum(axis=1)
    return np.linalg.norm(digits[:, 3] - digits[:, 0], axis=1) / lengths


@pytest.fixture(scope='module', params=['rendered', 'photo'])
def straight(request):
    """Straightness [N, 4] of the fingers of many hands of a domain."""
    shape, out = HandShape.mean(), []
    for i in range(400):
        pose = hand_poses.sample_pose(np.random.default_rng(i), shape, request.param)
        out.append(straightness(forward_kinematics(pose[None], shape)[0][0]))
    return np.array(out)


def test_fingers_are_straight_or_folded_rather_than_between(straight):
    assert np.all(np.mean(straight > 0.93, axis=0) > 0.33)
    assert np.mean(straight > 0.93) > 0.4
    assert np.all(np.mean(straight < 0.75, axis=0) > 0.2)
    assert np.mean((straight > 0.75) & (straight < 0.93)) < 0.27


def test_any_fingers_are_straight_together(straight):
    sets = (straight > 0.93) @ (1, 2, 4, 8)
    assert len(np.unique(sets)) == 16
    assert np.bincount(sets).max() < 0.4 * len(sets)


def test_the_thumb_goes_where_hands_that_count_put_it():
    """Across the palm its tip is before the roots of middle and ring finger."""
    pose = hand_poses.mean_pose(hand_poses.FAMILIES['victory'])
    joints = forward_kinematics(pose[None], HandShape.mean())[0][0]
    tip = joints[4] / np.linalg.norm(joints[9])
    np.testing.assert_allclose(tip, (-0.15, 1.0, 0.5), atol=0.12)


def test_proportions_are_those_of_real_hands():
    """Between multi-view labels (InterHand2.6M) and MediaPipe's readings."""
    joints = forward_kinematics(np.zeros((1, len(DOFS))), HandShape.mean())[0][0]
    width = np.linalg.norm(joints[5] - joints[17])
    assert 60 < width < 68
    middle = BONE_LENGTHS[9:12].sum() / width
    assert 1.4 < middle < 1.6 and 1.25 < BONE_LENGTHS[8] / width < 1.5


def test_all_hands_are_right_hands():
    """With the fingers up and the back to the camera, the thumb is on the left."""
    joints = forward_kinematics(np.zeros((1, len(DOFS))), HandShape.mean())[0][0]
    view = np.diag([-1.0, -1.0, 1.0])  # what sample_view starts from
    seen = joints @ view.T
    assert seen[12, 1] < seen[0, 1] and seen[5, 0] < seen[17, 0]
    for i in range(20):
        view = sample_view(np.random.default_rng(i), 'photo')
        np.testing.assert_allclose(view @ view.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(view) == pytest.approx(1)  # never mirrored


@pytest.mark.parametrize('domain', ['rendered', 'photo'])
def test_the_palm_side_is_mostly_shown_upright(domain):
    """Turn, tilt and lean vary; some hands show their back or point downwards."""
    views = np.array([sample_view(np.random.default_rng(i), domain) for i in range(600)])
    palm, fingers = views[:, 2, 2], views[:, 1, 1]
    assert 0.85 < np.mean(palm < 0) < 0.97
    assert 0.9 < np.mean(fingers < 0) < 0.99
    assert np.std(palm) > 0.15


def test_mean_pose_is_poor():
    """The mean source pose is over 18 mm in PA-MPJPE on the target's test hands.

    Both as root-relative joints in camera coordinates, and as the mean hand in the
    frame of the palm, which alignment favours.
    """
    body = hand_body()
    source, source_palm, target = [], [], []
    for i in range(500):
        posed = body.sample(np.random.default_rng([0, 0, 0, i]), 'rendered')
        source.append(posed.joints)
        source_palm.append(posed.joints @ posed.view)
    for i in range(400):
        rng = np.random.default_rng([0, 1, 1, i])
        target.append(body.sample(rng, 'photo').joints)
    for mean in (np.mean(source, axis=0), np.mean(source_palm, axis=0)):
        assert np.mean([procrustes_error(mean, hand) for hand in target]) > 18


def test_skin_wraps_the_joints():
    """Every joint lies inside the posed skin, within its flesh of the surface."""
    body = hand_body()
    for i in range(6):
        posed = body.sample(np.random.default_rng(i), 'rendered')
        for joint, radius in zip(posed.joints, body.joint_radii):
            nearest = np.linalg.norm(posed.vertices - joint, axis=1).min()
            assert nearest < 1.6 * radius + 3
        sizes = np.linalg.norm(posed.normals, axis=1)
        np.testing.assert_allclose(sizes, 1, atol=1e-4)


def test_some_arms_have_sleeves_and_all_are_as_thick_as_arms():
    body, starts, widths = hand_body(), [], []
    for i in range(40):
        rng = np.random.default_rng(i)
        posed = body.sample(rng, 'rendered')
        arm = (posed.limb > 25) & (posed.limb < 35)
        if arm.sum() > 20:
            across = posed.vertices[arm] - posed.vertices[arm].mean(axis=0)
            widths.append(2 * np.linalg.norm(across, axis=1).max())
        before = posed.vertices.copy()
        starts.append(body.dress(rng, 'rendered', posed))
        moved = np.linalg.norm(posed.vertices - before, axis=1) > 0.1
        assert (posed.limb[moved] > starts[-1]).all()
    assert 0.1 < np.mean(np.isfinite(starts)) < 0.6
    assert 50 < np.median(widths) < 75  # mm


def painted(points, bones, seed=0):
    """Marks of the skin at points of the template that follow these bones."""
    joints, frames, _ = hand_flesh()
    points = np.array(points, np.float32)
    return skin_marks(np.random.default_rng(seed), points, bones, joints, frames)


def test_palm_and_nails_are_where_they_belong():
    joints, frames, _ = hand_flesh()
    for finger in range(5):
        tip = 4 * finger + 3  # the last bone, which ends in joint tip + 1
        across = 6 * frames[tip][:, 2]
        nail = joints[tip] + 0.72 * (joints[tip + 1] - joints[tip]) - across
        marks = painted([nail, nail + 2 * across], np.array([tip, tip]))
        np.testing.assert_array_equal(marks['nail'] > 0.5, [True, False])
        np.testing.assert_array_equal(marks['palm'] > 0.5, [False, True])


def test_palms_are_lined_and_differ():
    x, y = np.meshgrid(np.arange(-30, 30), np.arange(10, 80))
    points = np.stack([x, y, np.full_like(x, 14)], -1).reshape(-1, 3)
    bones = np.full(len(points), 8)
    lines = [painted(points, bones, seed)['crease'] > 0.4 for seed in range(2)]
    assert all(0.03 < line.mean() < 0.25 for line in lines)
    assert (lines[0] != lines[1]).any()
    points[:, 2] = -14
    assert painted(points, bones)['crease'].max() == 0


def test_palms_are_lighter_than_backs_of_dark_hands():
    rng = np.random.default_rng(0)
    gain = [
        np.mean([np.divide(*hand_tones(rng, tone)[::-1]).mean() for _ in range(50)])
        for tone in (0, 2, 4.9)
    ]
    assert 0.9 < gain[0] < 1.1 and gain[0] < gain[1] < gain[2] and gain[2] > 1.5
