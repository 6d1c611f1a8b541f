import numpy as np
import pytest
import torch
from mmpose.registry import MODELS
from model_factory import CODEC, EMBED_DIMS

from mmpose_uda.models.readers import find_reader

DEPTHS, ROWS, COLUMNS, STEP = 5, 8, 12, 4  # px a cell
FLIP_INDICES = [1, 0, *range(2, 21)]


@pytest.fixture
def reader():
    head = dict(
        type='VolumetricPose3DHead',
        in_channels=EMBED_DIMS,
        out_channels=21,
        depth_bins=DEPTHS,
        upsample=2,
        decoder=CODEC,
    )
    return find_reader(MODELS.build(head))


def two_places(cells):
    """Logits [1, 21, D, h, w] of keypoints that are in either of cells (depth, row,
    column), the first three times as likely."""
    logits = torch.full((1, 21, DEPTHS, ROWS, COLUMNS), -100.0)
    for place, probability in zip(cells, (0.75, 0.25)):
        logits[(0, slice(None), *place)] = float(np.log(probability))
    return logits


def by_rounding(cells, matrix):
    """Marginals over x, y and z of cells that a matrix moves to others, by hand."""
    marginals = [np.zeros(n) for n in (COLUMNS, ROWS, DEPTHS)]
    for (depth, row, column), probability in zip(cells, (0.75, 0.25)):
        middle = (STEP * column + 1.5, STEP * row + 1.5, 1)
        x, y, _ = matrix @ middle
        column, row = (round((value - 1.5) / STEP) for value in (x, y))
        for marginal, place in zip(marginals, (column, row, depth)):
            marginal[place] += probability
    return marginals


@pytest.mark.parametrize(
    'matrix',
    [
        np.eye(3),
        np.array([[1.0, 0, 8], [0, 1, -4], [0, 0, 1]]),
        np.array([[0.0, -1, 35], [1, 0, -4], [0, 0, 1]]),
        np.array([[-1.0, 0, 47], [0, 1, 0], [0, 0, 1]]),
    ],
    ids=['same', 'shifted', 'turned', 'mirrored'],
)
def test_both_places_of_a_keypoint_are_carried(reader, matrix):
    cells = [(1, 3, 4), (4, 6, 7)]
    logits = two_places(cells)
    carried = reader.carried_targets(
        logits, torch.tensor(matrix, dtype=torch.float32)[None], FLIP_INDICES
    )
    for axis, expected in zip(carried.axes, by_rounding(cells, matrix)):
        np.testing.assert_allclose(axis.probs[0, 5], expected, atol=1e-4)


def test_in_a_mirror_left_is_right(reader):
    logits = two_places([(1, 3, 4), (4, 6, 7)])
    logits[0, 0] = two_places([(0, 0, 0), (0, 0, 0)])[0, 0]
    mirror = torch.tensor([[-1.0, 0, 47], [0, 1, 0], [0, 0, 1]])[None]
    carried = reader.carried_targets(logits, mirror, FLIP_INDICES)
    assert carried.axes[1].probs[0, 1, 0] == pytest.approx(1, abs=1e-4)
    assert carried.axes[1].probs[0, 0, 3] == pytest.approx(0.75, abs=1e-4)


def test_what_leaves_the_crop_is_shared_out(reader):
    logits = two_places([(1, 3, 4), (4, 6, 11)])
    to_the_right = torch.tensor([[1.0, 0, 8], [0, 1, 0], [0, 0, 1]])[None]
    carried = reader.carried_targets(logits, to_the_right, FLIP_INDICES)
    for axis in carried.axes:
        probs = axis.probs
        torch.testing.assert_close(probs.sum(-1), torch.ones_like(probs.sum(-1)))
    assert carried.axes[0].probs[0, 5, 6] == pytest.approx(1, abs=1e-4)


def test_the_loss_is_least_at_the_carried_maps(reader):
    logits = two_places([(1, 3, 4), (4, 6, 7)]).clamp_min(-8)
    same = torch.eye(3)[None]
    targets = reader.carried_targets(logits, same, FLIP_INDICES)
    weights = torch.ones(1, 21)
    outputs = logits.clone().requires_grad_()
    loss = reader.loss(outputs, targets, weights)
    loss.backward()
    assert outputs.grad.abs().max() < 1e-4
    for other in (logits.roll(1, -1), 1.5 * logits, 0.5 * logits):
        assert reader.loss(other, targets, weights) > loss + 1e-3
