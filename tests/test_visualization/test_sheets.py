"""Sheets have the tiles that were asked for, with the right things on them."""

import numpy as np
import pytest

from mmpose_uda.visualization import (
    comparison_sheet,
    draw_skeleton,
    hide_patches,
    mask_sheet,
    masked_modelling_sheet,
    to_tile,
)
from mmpose_uda.visualization.canvas import GUTTER, TITLE_HEIGHT
from mmpose_uda.visualization.sheets import _share_inside

META = dict(
    skeleton_links=[(0, 1), (1, 2)],
    skeleton_link_colors=np.array([[255, 0, 0], [0, 0, 255]]),
)
N, SIDE, WIDTH = 3, 40, 80


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8) for _ in range(N)]


def cell(sheet, row, column, width=WIDTH):
    """The tile in a row and column of a sheet of square tiles."""
    y = TITLE_HEIGHT + row * (width + GUTTER)
    x = GUTTER + column * (width + GUTTER)
    return sheet[y : y + width, x : x + width]


def test_comparison_sheet_places_upscaled_keypoints(images):
    keypoints = np.random.default_rng(1).uniform(5, 35, (N, 3, 2))
    valid = np.ones((N, 3))
    valid[1, 2] = 0
    columns = {'adapted': keypoints, 'truth': keypoints[:, ::-1]}
    sheet = comparison_sheet(
        images, columns, META, reference='truth', valid=valid, width=WIDTH
    )
    assert sheet.shape == (
        TITLE_HEIGHT + N * (WIDTH + GUTTER),
        3 * (WIDTH + GUTTER) + GUTTER,
        3,
    )
    for n in range(N):
        tile = to_tile(images[n], WIDTH)
        np.testing.assert_array_equal(cell(sheet, n, 0), tile)
        # A pixel becomes 2 x 2, whose common corner was its centre.
        expected = draw_skeleton(tile, 2 * keypoints[n] + 0.5, META)
        np.testing.assert_array_equal(cell(sheet, n, 1), expected)
        expected = draw_skeleton(tile, 2 * keypoints[n, ::-1] + 0.5, META, valid[n])
        np.testing.assert_array_equal(cell(sheet, n, 2), expected)


def test_comparison_sheet_with_poses_and_notes(images):
    rng = np.random.default_rng(1)
    keypoints = rng.uniform(5, 35, (N, 3, 2))
    poses = rng.normal(0, 50, (N, 3, 3))
    columns = {'source only': keypoints, 'ground truth': keypoints}

    def make(**kwargs):
        return comparison_sheet(
            images,
            columns,
            META,
            {'source only': poses, 'ground truth': poses + 9},
            width=WIDTH,
            **kwargs,
        )

    plain = make()
    assert plain.shape[1] == 5 * WIDTH + 4 * GUTTER
    assert make(angles=('side', 'turned')).shape[1] == 7 * WIDTH + 4 * GUTTER
    noted = make(notes={'source only': [f'{n} mm' for n in range(N)]})
    changed = np.nonzero((noted != plain).any(-1))
    left = 2 * GUTTER + WIDTH
    assert changed[1].min() >= left and changed[1].max() < left + WIDTH
    # With the truth behind it, an equal pose hides the grey one up to its own rim.
    grey = (make(reference='ground truth') == 198).all(-1)
    assert grey.sum() < 0.01 * grey.size


def test_hide_patches_hides_exactly_the_masked_patches(images):
    mask = np.random.default_rng(2).random((5, 5)) < 0.6
    hidden = hide_patches(images[0], mask)
    for i in range(5):
        for j in range(5):
            patch = np.s_[8 * i : 8 * i + 8, 8 * j : 8 * j + 8]
            expected = 128 if mask[i, j] else images[0][patch]
            assert (hidden[patch] == expected).all()


def test_columns_of_a_reconstruction(images):
    masked = [hide_patches(image, np.eye(5)) for image in images]
    made = [image.astype(np.float32) * 2 - 50 for image in images]
    foreground = np.zeros((N, SIDE, SIDE), np.float32)
    foreground[:, 10:30, 10:30] = 1
    assert masked_modelling_sheet(images, masked, made, width=WIDTH).shape[1] == (
        3 * (WIDTH + GUTTER) + GUTTER
    )
    sheet = masked_modelling_sheet(images, masked, made, foreground, width=WIDTH)
    for n in range(N):
        for column, picture in enumerate((images[n], masked[n], made[n])):
            np.testing.assert_array_equal(cell(sheet, n, column), to_tile(picture, WIDTH))
        tile, shown = cell(sheet, n, 0), cell(sheet, n, 3)
        np.testing.assert_array_equal(shown[24:56, 24:56], tile[24:56, 24:56])
        np.testing.assert_allclose(shown[:16], tile[:16] * 0.25, atol=0.51)
        edge = shown[20:60, 19:22].astype(int)
        assert (edge[..., 0] - edge[..., 2] > 60).any(1).all(), 'no outline'


def test_attention_glows_where_it_is(images):
    maps = np.zeros((N, 5, 5))
    maps[:, 1, 3] = 0.02
    sheet = masked_modelling_sheet(images, attention=dict(any=maps), width=WIDTH)
    for n in range(N):
        drawn = cell(sheet, n, 1).astype(int)
        colour = drawn.max(-1) - drawn.min(-1)
        assert colour[18:30, 50:62].min() > 40
        assert colour[48:].max() == 0, 'colour where there is no attention'


def test_attention_of_several_layers_and_of_no_value(images):
    maps = {
        'layer 1': np.zeros((N, 5, 5)),
        'layer 2': np.full((N, 5, 5), np.nan),
        'layer 3': np.ones((N, 5, 5)),
    }
    foreground = np.ones((N, SIDE, SIDE))
    sheet = masked_modelling_sheet(
        images, foreground=foreground, attention=maps, width=WIDTH
    )
    assert sheet.shape[1] == 5 * (WIDTH + GUTTER) + GUTTER
    top = np.s_[2:60, 2:-2]  # above the note, inside the outline
    np.testing.assert_array_equal(cell(sheet, 0, 2)[top], cell(sheet, 0, 3)[top])
    assert (cell(sheet, 0, 2)[top] != cell(sheet, 0, 4)[top]).any()


def test_share_of_attention_on_the_foreground():
    foreground = np.zeros((SIDE, SIDE))
    foreground[:, :20] = 1  # the left half of a map of 4 columns
    attention = np.arange(16.0).reshape(4, 4)
    expected = attention[:, :2].sum() / attention.sum()
    assert _share_inside(attention, foreground) == pytest.approx(expected)
    assert _share_inside(np.zeros((4, 4)), foreground) == 0


def test_mask_sheet_shows_images_of_any_size_in_pairs():
    rng = np.random.default_rng(0)
    sizes = [(30, 50), (60, 20), (40, 40), (50, 30), (10, 80)]
    images = [rng.integers(100, 255, (*size, 3), dtype=np.uint8) for size in sizes]
    masks = [np.zeros(size, np.uint8) for size in sizes]
    masks[2][:] = 255
    sheet = mask_sheet(images, masks, columns=3, width=WIDTH)
    assert sheet.shape[1] == 6 * (WIDTH + GUTTER) + GUTTER
    inner = np.s_[4:-4, 4:-4]
    seen, dimmed = (cell(sheet, 0, i)[inner].astype(float) for i in (0, 1))
    np.testing.assert_allclose(dimmed, seen * 0.25, atol=0.51)
    np.testing.assert_array_equal(cell(sheet, 0, 4)[inner], cell(sheet, 0, 5)[inner])
    assert cell(sheet, 1, 4).max() == 0  # nothing left to show
