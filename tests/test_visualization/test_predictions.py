"""Pictures of predictions show each pose where it is, from three sides in 3D."""

import numpy as np
import pytest

from mmpose_uda.visualization import prediction_picture
from mmpose_uda.visualization.canvas import GUTTER, PAPER, TITLE_HEIGHT

RED, BLUE = [255, 0, 0], [0, 0, 255]  # RGB, as mmpose keeps them
META = dict(skeleton_links=[(0, 1), (1, 2)], skeleton_link_colors=np.array([RED, BLUE]))
POSE = np.array([[20, 20], [60, 20], [60, 80.0]])
POSE_3D = np.array([[0, 0, 0], [0, -60, 0], [0, -60, 80.0]])


def is_red(image):
    return image[..., 2].astype(int) - image[..., 0] > 60


def is_blue(image):
    return image[..., 0].astype(int) - image[..., 2] > 60


def grey(width, height):
    return np.full((height, width, 3), 128, np.uint8)


def test_a_small_image_is_enlarged_and_the_pose_with_it():
    picture = prediction_picture(grey(112, 224), [POSE], META)
    assert picture.shape == (896, 448, 3)
    rows, columns = np.nonzero(is_red(picture))
    assert rows.mean() == pytest.approx(4 * 20.5 - 0.5, abs=1)
    assert columns.min() < 85 and columns.max() > 220


def test_a_large_image_keeps_its_size():
    image = grey(700, 500)
    picture = prediction_picture(image, [POSE], META)
    assert picture.shape == image.shape
    assert (image == 128).all(), 'the image itself was drawn on'
    assert (prediction_picture(image, [], META) == image).all()


def test_boxes_are_drawn_and_set_the_thickness():
    boxes = np.array([[10, 10, 90, 110], [300, 200, 660, 480]], np.float32)
    far = POSE + [300, 200]
    picture = prediction_picture(grey(700, 500), [POSE, far], META, boxes)
    for left, top, right, bottom in boxes.astype(int):
        middle = (left + right) // 2, (top + bottom) // 2
        for x, y in ((left, middle[1]), (right, middle[1]), (middle[0], bottom)):
            assert (picture[y, x] > 200).all()
    thin = is_red(picture)[:, 40].sum()
    thick = is_red(picture)[:, 340].sum()
    assert 1 <= thin < thick
    # without a box the image counts
    alone = prediction_picture(grey(700, 500), [POSE], META)
    assert is_red(alone)[:, 40].sum() > thick


def views_of(picture, image_width, side):
    """The two views of a picture with one pose."""
    left = GUTTER + image_width + GUTTER
    rows = slice(TITLE_HEIGHT, TITLE_HEIGHT + side)
    second = left + side + GUTTER
    return picture[rows, left : left + side], picture[rows, second : second + side]


def test_3d_is_shown_from_the_side_and_turned():
    picture = prediction_picture(grey(448, 448), [POSE], META, keypoints_3d=[POSE_3D])
    assert picture.shape[0] == TITLE_HEIGHT + 448 + GUTTER
    side, turned = views_of(picture, 448, 448)
    # the second link goes away from the camera: to the right in the side view
    rows, columns = np.nonzero(is_blue(side))
    assert np.ptp(columns) > 3 * np.ptp(rows)
    red = np.nonzero(is_red(side))[1]
    assert columns.mean() > red.mean() + 30
    # and to the right and up, shorter, where the camera has gone round and up
    rows, turned_columns = np.nonzero(is_blue(turned))
    assert 0.4 < np.ptp(turned_columns) / np.ptp(columns) < 0.9
    assert np.ptp(rows) > 20
    for view in (side, turned):
        assert (view != np.array(PAPER)).any()
        assert (view == 228).all(-1).any(), 'the grid is missing'
    title = picture[:TITLE_HEIGHT, 448 + 2 * GUTTER :]
    assert (title < 100).any(), 'the views have no titles'


def test_one_scale_for_the_frames_of_a_video():
    def length(scale, extent):
        picture = prediction_picture(
            grey(448, 448), [POSE], META, keypoints_3d=[scale * POSE_3D], extent=extent
        )
        return np.ptp(np.nonzero(is_blue(views_of(picture, 448, 448)[0]))[1])

    assert length(0.5, None) == pytest.approx(length(1, None), abs=1)
    assert length(0.5, 300.0) == pytest.approx(length(1, 300.0) / 2, abs=12)


def test_several_3d_poses_are_numbered_rows():
    poses, boxes = [POSE, POSE + 100], np.array([[10, 10, 90, 90], [110, 110, 190, 190]])
    picture = prediction_picture(
        grey(600, 520), poses, META, boxes, keypoints_3d=[POSE_3D, POSE_3D]
    )
    assert picture.shape[0] == TITLE_HEIGHT + 2 * (260 + GUTTER)
    left = 600 + 2 * GUTTER
    first = picture[TITLE_HEIGHT : TITLE_HEIGHT + 260, left : left + 260]
    second = picture[TITLE_HEIGHT + 260 + GUTTER :, left : left + 260][:260]
    differ = (first != second).any(-1)
    # the same pose, so only the numbers differ
    assert differ[:30, :30].any() and not differ[40:].any() and not differ[:, 40:].any()


def test_no_pose_leaves_the_image():
    image = grey(500, 500)
    empty = np.zeros((0, 4), np.float32)
    picture = prediction_picture(image, [], META, empty, keypoints_3d=[])
    assert (picture == image).all()
