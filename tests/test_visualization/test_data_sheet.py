"""A sheet of data shows every picture whole, with what is known of it."""

import numpy as np
import pytest

from mmpose_uda.visualization import Picture, data_sheet
from mmpose_uda.visualization.canvas import GUTTER, PAPER, TITLE_HEIGHT

META = dict(
    skeleton_links=[(0, 1)],
    skeleton_link_colors=np.array([[255, 0, 0]]),
    keypoint_colors=np.array([[255, 0, 0], [255, 0, 0]]),
)
GREEN = (0, 255, 0)
SIDE = 80


def tile_of(picture):
    sheet = data_sheet({'a': [picture]}, META, size=(SIDE, SIDE))
    return sheet[TITLE_HEIGHT : TITLE_HEIGHT + SIDE, GUTTER : GUTTER + SIDE]


@pytest.mark.parametrize('shape', [(40, 20), (20, 40), (400, 200), (3, 300)])
def test_an_image_of_any_shape_is_shown_whole(shape):
    tile = tile_of(Picture(np.full((*shape, 3), 100, np.uint8)))
    is_image = (tile == 100).all(-1)
    assert ((tile == PAPER).all(-1) | is_image).all()
    rows, columns = is_image.any(1).sum(), is_image.any(0).sum()
    assert max(rows, columns) == SIDE
    assert rows / columns == pytest.approx(shape[0] / shape[1], rel=0.4)


def test_points_frames_and_masks_are_where_they_belong():
    foreground = np.zeros((40, 40))
    foreground[20:, :] = 1
    picture = Picture(
        np.full((40, 40, 3), 100, np.uint8),
        keypoints=np.array([[[5, 5], [35, 5.0]], [[5, 30], [35, 30]]]),
        visible=np.array([[1, 1], [1, 0]]),
        foreground=foreground,
        frames=[(np.array([[2, 12], [37, 12], [37, 17], [2, 17.0]]), GREEN)],
    )
    tile = tile_of(picture).astype(int)
    red = tile[..., 2] - tile[..., 0] > 60
    assert red[11, 12:70].all()  # twice as large
    assert red[61, 11] and not red[61, 20:].any()
    assert (tile[25, 10:70] == GREEN).all(-1).all()
    assert (tile[75, :60, 0] > tile[75, :60, 2]).all() and (tile[1, 40] == 100).all()


def test_a_border_and_a_note():
    image = np.full((40, 40, 3), 100, np.uint8)
    tile = tile_of(Picture(image, border=GREEN, note='sure'))
    assert (tile[[0, -1]] == GREEN).all() and (tile[:, [0, -1]] == GREEN).all()
    assert (tile[65:75, 5:20] != 100).any()
