import numpy as np
import pytest
from data_factory import SKELETON

from mmpose_uda.codecs import lift_root_relative

SQUARE = [(0, 1), (1, 2), (2, 3)]


def random_hands(count=50, seed=0):
    """Root-relative poses, mm, and the places of their roots in front of a camera."""
    rng = np.random.default_rng(seed)
    poses = rng.normal(0, 30, (count, 21, 3))
    poses -= poses[:, :1]
    roots = rng.uniform([-80, -80, 300], [80, 80, 900], (count, 3))
    return poses, roots[:, None]


def total_length(pose):
    """Sum of the bone lengths, one by one."""
    return sum(np.linalg.norm(pose[j] - pose[i]) for i, j in SKELETON)


def lift_each(points, poses, **camera):
    """Lift pose by pose, each with its own true total bone length."""
    return np.concatenate(
        [
            lift_root_relative(
                points[i : i + 1],
                poses[i : i + 1, :, 2],
                SKELETON,
                total_length(poses[i]),
                **{key: value[i : i + 1] for key, value in camera.items()},
            )
            for i in range(len(poses))
        ]
    )


def test_recovers_poses_under_a_known_camera():
    poses, roots = random_hands()
    absolute = poses + roots
    focal = np.random.default_rng(1).uniform(50, 700, (len(poses), 1)).repeat(2, 1)
    center = np.random.default_rng(2).uniform(0, 200, (len(poses), 2))
    points = focal[:, None] * absolute[..., :2] / absolute[..., 2:] + center[:, None]
    lifted = lift_each(points, poses, focal=focal, principal_point=center)
    assert np.abs(lifted - poses).max() < 1e-3


def test_recovers_poses_under_unequal_focal_lengths():
    poses, roots = random_hands()
    absolute = poses + roots
    focal = np.tile([400.0, 440.0], (len(poses), 1))
    center = np.full((len(poses), 2), 100.0)
    points = focal[:, None] * absolute[..., :2] / absolute[..., 2:] + center[:, None]
    lifted = lift_each(points, poses, focal=focal, principal_point=center)
    assert np.abs(lifted - poses).max() < 1e-3


@pytest.mark.parametrize('depth', [0.1, 1, 4])
def test_recovers_poses_under_weak_perspective(depth):
    poses = random_hands()[0] * [1, 1, depth]
    scale = np.random.default_rng(1).uniform(0.05, 3, (len(poses), 1, 1))
    points = poses[..., :2] * scale + [30, 40]
    assert np.abs(lift_each(points, poses) - poses).max() < 1e-3


def test_camera_matters_where_perspective_is_strong():
    poses, roots = random_hands(5)
    absolute = poses + [0, 0, 200]
    points = 100 * absolute[..., :2] / absolute[..., 2:]
    assert np.abs(lift_each(points, poses) - poses).max() > 5


def test_depth_may_have_any_origin():
    poses, _ = random_hands(3)
    points = poses[..., :2] * 0.5
    args = (SKELETON, 700.0)
    near = lift_root_relative(points, poses[..., 2], *args)
    far = lift_root_relative(points, poses[..., 2] + 123, *args)
    np.testing.assert_allclose(near, far, atol=1e-6)
    assert np.abs(near[:, 0]).max() == 0


def test_another_root_is_the_origin():
    poses, _ = random_hands(4)
    lifted = lift_root_relative(
        poses[..., :2] * 0.3, poses[..., 2], SKELETON, total_length(poses[0]), root=7
    )
    assert np.abs(lifted[:, 7]).max() == 0
    expected = poses[0] - poses[0, 7]
    assert np.abs(lifted[0] - expected).max() < 1e-3


@pytest.mark.parametrize('with_camera', [False, True])
def test_degenerate_poses_give_finite_numbers(with_camera):
    camera = {}
    if with_camera:
        camera = dict(focal=np.full((4, 2), 100.0), principal_point=np.full((4, 2), 50.0))
    points = np.zeros((4, 4, 2))
    depth = np.zeros((4, 4))
    points[0] = 20  # one point and flat
    points[1] = 20  # one point, but not flat
    depth[1] = [0, 5, -5, 60]
    points[2] = [[0, 0], [9, 0], [9, 9], [0, 9]]
    depth[2] = [0, 500, -500, 500]  # deeper than the prior is long
    points[3] = 20 + 1e-9 * np.arange(8).reshape(4, 2)  # all but one point
    lifted = lift_root_relative(points, depth, SQUARE, total_length=100.0, **camera)
    assert np.isfinite(lifted).all()
    np.testing.assert_allclose(lifted[..., 2], depth)


def test_depths_beyond_the_prior_give_the_shortest_pose():
    points = np.array([[[0, 0], [9, 0], [9, 9], [0, 9]]], float)
    depth = np.array([[0, 500, -500, 500.0]])
    lifted = lift_root_relative(points, depth, SQUARE, total_length=100.0)[0]
    length = sum(np.linalg.norm(lifted[j] - lifted[i]) for i, j in SQUARE)
    # of all scales 0 is the best: what is left are the steps in depth
    assert length == pytest.approx(500 + 1000 + 1000, rel=1e-3)
