"""The cells and averages of the literature's PCK, against heatmaps and by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmpose.registry import KEYPOINT_CODECS

from mmpose_uda.evaluation.heatmap_pck import (
    ANIMAL_REACH,
    batch_averaged_pck,
    heatmap_peak_cells,
    is_counted,
    keypoint_cells,
    simcc_peak_cells,
)

CROP = np.array([256, 256])
MAP = np.array([64, 64])
# At and around every place where a rule changes: truncation towards zero, the columns
# that do not count, both borders of the map and of the reach of a Gaussian's tail.
EDGES = [-50, -26, -6.01, -6, -5.9, -2.01, -2, -0.1, 0, 1.99, 2, 5.99, 6, 6.01, 9.9]
EDGES += [10, 127.3, 249.9, 250, 253.9, 253.999, 254, 255, 256, 258, 276, 290, 1e6]

ANIMAL_EDGES = [-0.1, 0, 3.99, 11.99, 12, 12.01, 15.9, 236, 239.99, 240, 243.9, 244, 256]


def assert_equals(drawn_peak, point, crop=CROP, size=MAP):
    column, row = drawn_peak(point, crop, size)
    cells = keypoint_cells(np.array([point]), crop, size)
    assert is_counted(cells, size)[0] == (column > 1 and row > 1)
    if column > 1 and row > 1:
        assert tuple(cells[0]) == (column, row)


@pytest.mark.parametrize('x', EDGES)
def test_cells_at_the_edges_equal_those_of_drawn_heatmaps(x, drawn_peak):
    for point in ((x, 100.0), (100.0, x), (x, x), (x, 300.0)):
        assert_equals(drawn_peak, point)


@settings(deadline=None)
@given(point=st.tuples(*[st.floats(-40, 300) | st.sampled_from(ANIMAL_EDGES)] * 2))
def test_cells_of_animals_equal_those_of_their_drawn_heatmaps(point, drawn_animal_peak):
    drawn = drawn_animal_peak(point, CROP, MAP)
    cells = keypoint_cells(np.array([point]), CROP, MAP, rounding=0)
    assert is_counted(cells, MAP, ANIMAL_REACH)[0] == (drawn != (0, 0))
    if drawn != (0, 0):
        assert tuple(cells[0]) == drawn


@settings(deadline=None)
@given(point=st.tuples(*[st.floats(-40, 140)] * 2))
def test_cells_of_other_maps_equal_those_of_drawn_heatmaps(point, drawn_peak):
    assert_equals(drawn_peak, point, np.array([96, 120]), np.array([32, 24]))


def test_cells_equal_those_of_mmpose_but_outside_the_map(heatmap_peak):
    codec = KEYPOINT_CODECS.build(
        dict(type='MSRAHeatmap', input_size=(256, 256), heatmap_size=(64, 64), sigma=2)
    )
    points = np.random.default_rng(0).uniform(0, 253.9, (40, 2)).astype(np.float32)
    heatmaps = codec.encode(points[None])['heatmaps']
    np.testing.assert_array_equal(
        keypoint_cells(points, CROP, MAP), [heatmap_peak(h) for h in heatmaps]
    )
    # mmpose draws the tail of a centre beyond the border, the literature does not.
    beyond = np.array([[258.0, 100.0]], np.float32)
    assert heatmap_peak(codec.encode(beyond[None])['heatmaps'][0]) == (63, 25)
    assert not is_counted(keypoint_cells(beyond, CROP, MAP), MAP)[0]


def test_animals_count_from_cell_3_to_59():
    cells = np.stack([np.arange(64), np.full(64, 30)], -1)
    for swapped in (cells, cells[:, ::-1]):
        counted = is_counted(swapped, MAP, ANIMAL_REACH)
        assert np.flatnonzero(counted).tolist() == list(range(3, 60))


def test_first_two_columns_and_rows_do_not_count():
    cells = np.array([[2, 2], [7, 7], [1, 5], [5, 1], [0, 0], [8, 2], [2, 8], [-1, 3]])
    assert is_counted(cells, (8, 8)).tolist() == [True] * 2 + [False] * 6


@pytest.mark.parametrize('dtype', [torch.float32, torch.float16, torch.bfloat16])
def test_peaks_of_heatmaps(dtype):
    heatmaps = torch.full((5, 4, 6), -1.0, dtype=dtype)
    heatmaps[0, 1, 5] = 3
    heatmaps[1] = 0
    heatmaps[3, 2, 1] = heatmaps[3, 3, 4] = 1
    heatmaps[4, 3, 3] = float('nan')
    # Column and row; (0, 0) where no value is positive; the first of two equal ones.
    np.testing.assert_array_equal(
        heatmap_peak_cells(heatmaps.requires_grad_()),
        [[5, 1], [0, 0], [0, 0], [1, 2], [np.nan, np.nan]],
    )


def test_peaks_of_marginals_are_rounded_as_the_truth_is():
    x, y = torch.zeros(4, 128), torch.zeros(4, 64)
    x[0, 40], y[0, 10] = 1, 2
    x[1, 42], y[1, 13] = 1, 1  # 10.5 and 6.5 cells
    x[2, 41] = 1  # No row stands out.
    x[3, 40], y[3, 10] = float('nan'), 1
    np.testing.assert_array_equal(
        simcc_peak_cells(x, y, (32, 32)), [[10, 5], [11, 7], [0, 0], [np.nan, np.nan]]
    )


def one_keypoint(offsets, counted):
    """Cells of one keypoint whose predictions are ``offsets`` columns off."""
    gt = np.full((len(offsets), 1, 2), 20.0)
    pred = gt + np.array(offsets)[:, None, None] * [1, 0]
    return pred, gt, np.full((len(offsets), 2), 64), np.array(counted, bool)[:, None]


@pytest.mark.parametrize(
    'batch_size, figure',
    [
        # Each counted sample is a batch, or all are one: 1 of 3.
        (1, 1 / 3),
        (4, 1 / 3),
        (32, 1 / 3),
        # The first batch has a PCK of 1 of 1 and the weight of 2 samples, the second 0.
        (2, 1 / 2),
        # 1 of 2 with the weight of 3, then 0 with the weight of 1.
        (3, 3 / 8),
    ],
)
def test_the_figure_depends_on_the_batch_size(batch_size, figure):
    cells = one_keypoint([0, 0, 9, 9], [1, 0, 1, 1])
    assert batch_averaged_pck(*cells, batch_size=batch_size) == pytest.approx(figure)


def test_a_batch_without_the_keypoint_is_left_out():
    cells = one_keypoint([0, 9, 0, 9], [1, 1, 0, 0])
    assert batch_averaged_pck(*cells, batch_size=2) == 0.5
    assert batch_averaged_pck(*cells, batch_size=1) == 0.5


def test_a_keypoint_that_never_counts_is_averaged_as_0():
    pred, gt, size, counted = one_keypoint([0, 0], [1, 1])
    pred, gt = (np.repeat(a, 2, 1) for a in (pred, gt))
    counted = np.hstack([counted, ~counted])
    assert batch_averaged_pck(pred, gt, size, counted, batch_size=1) == 0.5


def test_a_hit_is_nearer_than_3_2_of_64_cells_and_in_proportion():
    gt = np.full((1, 1, 2), 20.0)
    for side, offset, hit in [
        (64, (3, 1), 1),  # 3.16 cells
        (64, (-2, 3), 0),  # 3.61
        (32, (1, -1), 1),  # 1.41 of 1.6
        (32, (2, 0), 0),
        (40, (2, 0), 0),  # On the line is outside,
        (60, (3, 0), 0),
        (60, (0, 2), 1),
    ]:
        cells = gt + np.array(offset), gt, np.array([[side, side]]), np.ones((1, 1), bool)
        assert batch_averaged_pck(*cells) == hit
    wide = gt + [3, 0], gt, np.array([[64, 32]]), np.ones((1, 1), bool)
    assert batch_averaged_pck(*wide) == 1
    assert batch_averaged_pck(*wide, thr=3 / 64) == 0
