import numpy as np
import pytest

from mmpose_uda.codecs import lift_root_relative
from mmpose_uda.evaluation import place_pose

CAMERA = dict(focal=np.array([480.0, 470.0]), principal_point=np.array([110.0, 120.0]))


def project(points):
    return CAMERA['focal'] * points[:, :2] / points[:, 2:] + CAMERA['principal_point']


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    return rng.uniform(-60, 60, (21, 3)) + [30, -20, 600]


def test_a_pose_that_fits_its_keypoints_is_where_it_was(points):
    placed = place_pose(points - points[0], project(points), **CAMERA)
    np.testing.assert_allclose(placed, points, rtol=1e-9)


def test_a_lifted_pose_projects_onto_its_keypoints(points):
    """With another length of the bones it is elsewhere, and still fits."""
    pixels = project(points)
    skeleton = [(i, i + 1) for i in range(20)]
    camera = {key: value[None] for key, value in CAMERA.items()}
    (pose,) = lift_root_relative(
        pixels[None], points[None, :, 2] - points[0, 2], skeleton, 2500, **camera
    )
    placed = place_pose(pose, pixels, **CAMERA)
    np.testing.assert_allclose(project(placed), pixels, atol=1e-6)


def test_the_least_squares_are_those_of_a_search(points):
    """No small move of a pose that fits badly meets the rays better."""
    rng = np.random.default_rng(1)
    pixels = project(points) + rng.normal(0, 4, (21, 2))
    pose = points - points[0]
    placed = place_pose(pose, pixels, **CAMERA)
    rays = (pixels - CAMERA['principal_point']) / CAMERA['focal']

    def misfit(moved):
        return ((moved[:, :2] - rays * moved[:, 2:]) ** 2).sum()

    best = misfit(placed)
    for axis in range(3):
        for step in (-0.5, 0.5):
            assert misfit(placed + step * np.eye(3)[axis]) > best


def test_no_joint_is_behind_the_camera(points):
    """Keypoints that contradict the pose: those of its mirror image."""
    pose = points - points[0]
    for pixels in (project(points) * [-1, -1], np.tile([100.0, 50.0], (21, 1))):
        placed = place_pose(pose, pixels, **CAMERA)
        assert np.isfinite(placed).all() and placed[:, 2].min() > 99.9
