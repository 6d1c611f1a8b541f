"""Tiles, text, grids and files."""

import cv2
import numpy as np
import pytest

from mmpose_uda.errors import UserError
from mmpose_uda.visualization import draw_text, grid, save_picture, strip, to_tile
from mmpose_uda.visualization.canvas import GUTTER, PAPER, TITLE_HEIGHT


def flat(height, width, value):
    return np.full((height, width, 3), value, np.uint8)


def test_to_tile_keeps_aspect_and_values():
    tile = to_tile(flat(30, 20, 77), 60)
    assert tile.shape == (90, 60, 3) and tile.dtype == np.uint8
    assert (tile == 77).all()
    assert (to_tile(np.full((4, 4), 9, np.uint8), 8) == 9).all()


def test_to_tile_clips_floats_and_survives_nan():
    image = np.array([[-5.0, 300.0], [np.nan, 99.6]])
    np.testing.assert_array_equal(to_tile(image, 2)[..., 0], [[0, 255], [0, 100]])


def test_to_tile_does_not_share_memory():
    image = flat(4, 4, 0)
    to_tile(image, 4)[:] = 1
    assert not image.any()


def test_text_has_the_asked_height_place_and_colour():
    page = flat(60, 200, 255)
    draw_text(page, 'HIH', (20, 15), cap=20, color=(0, 0, 200))
    rows, columns = np.nonzero((page != 255).any(-1))
    assert abs(rows.min() - 15) <= 2 and abs(rows.max() - 35) <= 2
    assert 19 <= columns.min() <= 24
    np.testing.assert_array_equal(page[25].min(0), [0, 0, 200])


def test_text_shrinks_to_a_width():
    page = flat(40, 400, 255)
    draw_text(page, 'a rather long title of a column', (5, 5), cap=12, max_width=80)
    assert np.nonzero((page < 200).any(-1))[1].max() <= 88


@pytest.mark.parametrize('corner', [(-30, 3), (90, -5), (95, 38), (500, 500), (-500, 0)])
def test_text_off_the_image_is_cut(corner):
    page = flat(40, 100, 255)
    whole = flat(240, 1600, 255)
    draw_text(page, 'title', corner, box=(0, 0, 0))
    draw_text(whole, 'title', (corner[0] + 600, corner[1] + 100), box=(0, 0, 0))
    np.testing.assert_array_equal(page, whole[100:140, 600:700])


def test_grid_puts_each_tile_in_its_cell():
    page = grid(
        {'a': [flat(10, 20, 1), flat(12, 20, 2)], 'b': [flat(10, 8, 3), flat(12, 8, 4)]}
    )
    assert page.shape == (TITLE_HEIGHT + 22 + 2 * GUTTER, 28 + 3 * GUTTER, 3)
    second = TITLE_HEIGHT + 10 + GUTTER
    right = 20 + 2 * GUTTER
    assert (page[TITLE_HEIGHT:][:10, GUTTER:][:, :20] == 1).all()
    assert (page[second:][:12, GUTTER:][:, :20] == 2).all()
    assert (page[TITLE_HEIGHT:][:10, right:][:, :8] == 3).all()
    assert (page[second:][:12, right:][:, :8] == 4).all()
    assert (page[second - GUTTER : second] == PAPER).all()
    assert (page[:TITLE_HEIGHT, :right] < 100).any(), 'no title'


@pytest.mark.parametrize(
    'columns',
    [
        {},
        {'a': []},
        {'a': [flat(4, 4, 0)], 'b': []},
        {'a': [flat(4, 4, 0)], 'b': [flat(5, 4, 0)]},
        {'a': [flat(4, 4, 0), flat(4, 5, 0)]},
    ],
)
def test_grid_refuses_what_is_no_grid(columns):
    with pytest.raises(ValueError, match=r'A sheet|A tile'):
        grid(columns)


@pytest.mark.parametrize('name, tolerance', [('a.png', 0), ('b.jpg', 12), ('c.JPG', 12)])
def test_saved_pictures_read_back(tmp_path, name, tolerance):
    image = cv2.GaussianBlur(
        np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8), (0, 0), 4
    )
    path = save_picture(tmp_path / 'new' / 'folder' / name, image)
    back = cv2.imread(str(path))
    assert np.abs(back.astype(int) - image).max() <= tolerance


def test_pictures_that_cannot_be_saved_raise(tmp_path):
    with pytest.raises(UserError, match=r'x\.bmp cannot be a picture'):
        save_picture(tmp_path / 'x.bmp', flat(4, 4, 0))
    (tmp_path / 'file').write_text('')
    with pytest.raises(UserError, match='file is in the way'):
        save_picture(tmp_path / 'file' / 'x.png', flat(4, 4, 0))


def test_a_strip_has_a_row_of_tiles_under_each_title():
    rows = {'before': [flat(10, 20, 1), flat(10, 20, 2)], 'after': [flat(10, 20, 3)] * 2}
    page = strip(rows)
    height = TITLE_HEIGHT + 10 + GUTTER
    assert page.shape == (2 * height, 2 * 20 + 3 * GUTTER, 3)
    for row, values in enumerate([(1, 2), (3, 3)]):
        top = row * height + TITLE_HEIGHT
        for column, value in enumerate(values):
            left = GUTTER + column * (20 + GUTTER)
            assert (page[top : top + 10, left : left + 20] == value).all()
            assert (page[top : top + 10, left + 20 : left + 20 + GUTTER] == PAPER).all()
        assert (page[row * height : top] != PAPER).any()
