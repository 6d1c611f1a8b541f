"""Skeletons are drawn where the joints are, in the colours of the data set."""

import numpy as np
import pytest

from mmpose_uda.visualization import draw_pose_3d, draw_skeleton, pose_extent
from mmpose_uda.visualization.canvas import PAPER
from mmpose_uda.visualization.skeleton import draw_keypoints

RED, BLUE = [255, 0, 0], [0, 0, 255]  # RGB, as mmpose keeps them
META = dict(skeleton_links=[(0, 1), (1, 2)], skeleton_link_colors=np.array([RED, BLUE]))


def is_red(image):
    return image[..., 2].astype(int) - image[..., 0] > 60


def is_blue(image):
    return image[..., 0].astype(int) - image[..., 2] > 60


def test_links_lie_between_their_joints():
    image = np.full((100, 100, 3), 128, np.uint8)
    drawn = draw_skeleton(image, [[10, 20], [60, 20], [60, 80]], META)
    assert (image == 128).all(), 'the image itself was drawn on'
    assert is_red(drawn)[20, 12:57].all()
    assert is_blue(drawn)[25:79, 60].all()
    rows, columns = np.nonzero((drawn != 128).any(-1))
    assert 6 <= rows.min() <= 18 and 82 <= rows.max() <= 85
    assert 5 <= columns.min() <= 8 and 62 <= columns.max() <= 65


def test_joints_are_placed_to_a_part_of_a_pixel():
    image = np.zeros((60, 60, 3), np.uint8)

    def centre(x):
        drawn = draw_skeleton(image, [[x, 10], [x, 50], [x, 50]], META)
        weight = drawn[30, :, 2].astype(float)
        return (weight * np.arange(60)).sum() / weight.sum()

    assert centre(30.5) - centre(30.0) == pytest.approx(0.5, abs=0.2)


@pytest.mark.parametrize('how', ['not valid', 'nan', 'inf'])
def test_missing_joints_take_their_links_with_them(how):
    points = np.array([[10, 20], [60, 20], [60, 80.0]])
    valid = None
    if how == 'not valid':
        valid = np.array([0, 1, 1])
    else:
        points[0] = float(how)
    drawn = draw_skeleton(np.zeros((100, 100, 3), np.uint8), points, META, valid)
    assert is_blue(drawn).any() and not is_red(drawn).any()


def test_joints_far_outside_do_no_harm():
    points = [[10, 20], [1e12, 20], [60, -1e12]]
    drawn = draw_skeleton(np.zeros((100, 100, 3), np.uint8), points, META)
    assert is_red(drawn)[20, 15:].all()


def bounds(picture):
    """Left, right, top, bottom of the saturated colours, so without the scale bar."""
    rows, columns = np.nonzero(picture.max(-1).astype(int) - picture.min(-1) > 40)
    return columns.min(), columns.max(), rows.min(), rows.max()


def extent(picture):
    left, right, top, bottom = bounds(picture)
    return right - left, bottom - top


def test_views_of_a_pose_along_each_axis():
    across = np.array([[0, 0, 0], [50, 0, 0], [100, 0, 0.0]])
    away = across[:, [2, 1, 0]]
    down = across[:, [1, 0, 2]]
    dot = extent(draw_pose_3d(away, META, 160, 'front'))
    assert max(dot) < 12
    for pose, view in ((across, 'front'), (away, 'side')):
        width, height = extent(draw_pose_3d(pose, META, 160, view))
        assert width > 100 and height < 12
    for view in ('front', 'side'):
        width, height = extent(draw_pose_3d(down, META, 160, view))
        assert height > 100 and width < 12
    # Seen from the right and from above: what is far lies higher and to one side.
    turned = draw_pose_3d(away, META, 160, 'turned')
    assert min(extent(turned)) > 20
    reds, blues = (
        np.nonzero(turned[..., a].astype(int) - turned[..., b] > 40)[0].mean()
        for a, b in ((2, 0), (0, 2))
    )
    assert blues < reds


def test_translation_does_not_matter_and_the_reference_sets_the_scale():
    pose = np.array([[0, 0, 0], [0, 40, 0], [30, 80, 20.0]])
    np.testing.assert_array_equal(
        draw_pose_3d(pose, META), draw_pose_3d(pose + np.array([10, 20, 600]), META)
    )
    small = extent(draw_pose_3d(pose / 2, META, 160, 'front', reference=pose))
    full = extent(draw_pose_3d(pose, META, 160, 'front', reference=pose))
    assert small[1] == pytest.approx(full[1] / 2, abs=4)


def test_the_front_view_keeps_the_handedness_of_the_image():
    pose = np.array([[0, 0, 0], [0, 60, 0], [60, 60, 0.0]])
    drawn = draw_pose_3d(pose, META, 160, 'front')
    red = np.nonzero(drawn[..., 2].astype(int) - drawn[..., 0] > 40)
    blue = np.nonzero(drawn[..., 0].astype(int) - drawn[..., 2] > 40)
    assert blue[1].mean() > red[1].mean() + 10, 'x does not run to the right'
    assert blue[0].mean() > red[0].mean() + 10, 'y does not run down'


@pytest.mark.parametrize('value', [0.0, np.nan])
def test_poses_without_extent_or_value_give_a_picture(value):
    pose = np.full((3, 3), value)
    drawn = draw_pose_3d(pose, META, 80)
    assert drawn.shape == (80, 80, 3) and drawn.dtype == np.uint8
    drawn = draw_pose_3d(pose, META, 80, reference=np.eye(3) * 50)
    assert (drawn != PAPER).any()


def test_depth_runs_to_the_right_in_the_side_view():
    pose = np.array([[0, 0, 0], [0, 60, 0], [0, 60, 60.0]])
    drawn = draw_pose_3d(pose, META, 160, 'side')
    red, blue = np.nonzero(is_red(drawn))[1], np.nonzero(is_blue(drawn))[1]
    assert blue.mean() > red.mean() + 10


def test_near_links_cover_far_ones_and_far_ones_are_paler():
    crossing = np.array([[-50, 0, 80], [50, 0, 80], [0, 0, 0.0], [0, -50, 0], [0, 50, 0]])
    meta = dict(META, skeleton_links=[(0, 1), (3, 4)])
    near_blue = draw_pose_3d(crossing, meta, 160, 'front', root=2)
    assert is_blue(near_blue)[80, 80]
    near_red = draw_pose_3d(crossing * [1, 1, -1], meta, 160, 'front', root=2)
    assert is_red(near_red)[80, 80]
    far, near = near_blue[80, 50].astype(int), near_red[80, 50].astype(int)
    assert far[2] - far[0] < near[2] - near[0] - 40


def test_thickness_of_links():
    image = np.zeros((100, 100, 3), np.uint8)
    points = [[10, 20], [60, 20], [60, 80]]
    thin, thick = (
        is_red(draw_skeleton(image, points, META, thickness=t))[:, 35].sum() for t in (2, 8)
    )
    assert thick - thin == pytest.approx(6, abs=1)


def test_grid_lines_are_as_far_apart_as_the_bar_is_long():
    pose = np.array([[0, 0, 0], [60, 0, 0], [60, 80.0, 0]])
    drawn = draw_pose_3d(pose, META, 400, 'front', extent=200.0, grid_lines=True)
    plain = draw_pose_3d(pose, META, 400, 'front', extent=200.0)
    lines = np.flatnonzero((drawn[:5] != plain[:5]).any(-1).all(0))
    # 2 px a mm, and at most a third of the picture: 50 mm; the root's line is among them
    assert set(np.diff(lines)) == {100}
    root = np.nonzero(is_red(plain))[1].min()
    assert np.abs(lines - root).min() < 8


@pytest.mark.parametrize('view', ['front', 'side', 'turned'])
def test_every_view_fits_into_the_extent_of_a_pose(view):
    pose = np.random.default_rng(0).normal(size=(3, 3)) * 100
    drawn = draw_pose_3d(pose, META, 300, view, extent=pose_extent(pose))
    assert (drawn == draw_pose_3d(pose, META, 300, view)).all()
    edge = np.ones((300, 300), bool)
    edge[3:-3, 3:-3] = False
    assert (drawn[edge] == PAPER).all()


def test_dots_are_drawn_on_keypoints_that_no_link_joins():
    meta = dict(keypoint_colors=np.array([RED, BLUE, RED]))
    points = np.array([[20, 20], [60, 20], [60, 80.0]])
    drawn = draw_keypoints(np.zeros((90, 90, 3), np.uint8), points, meta, [1, 1, 0])
    assert is_red(drawn)[20, 20] and is_blue(drawn)[20, 60]
    assert not drawn[80, 60].any()
