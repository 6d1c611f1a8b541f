import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmpose_uda import UserError
from mmpose_uda.models.utils import PatchMask, PatchMasking, hidden_pixels, pool_to_patches


@settings(max_examples=60, deadline=None)
@given(
    ratio=st.floats(0.01, 0.99),
    rows=st.integers(1, 12),
    columns=st.integers(2, 12),
    odds=st.floats(0.05, 50),
    batch=st.integers(1, 5),
    told=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_masks_have_exact_counts(ratio, rows, columns, odds, batch, told, seed):
    torch.manual_seed(seed)
    total = rows * columns
    foreground = torch.rand(batch, 1, 2 * rows, 3 * columns).round() if told else None
    lots = torch.rand(batch, total)
    visible, hidden = PatchMasking(ratio, odds)(lots, (rows, columns), foreground)
    count = int(hidden[0].sum())
    assert abs(count - ratio * total) <= 0.5 or count in (1, total - 1)
    assert 1 <= count <= total - 1
    assert (hidden.sum(1) == count).all()
    assert visible.shape == (batch, total - count) and visible.dtype == torch.long
    for row, is_hidden in zip(visible.tolist(), hidden.tolist()):
        assert row == [i for i in range(total) if not is_hidden[i]]


def test_every_sample_draws_for_itself():
    torch.manual_seed(0)
    hidden = PatchMasking(0.5)(torch.rand(16, 16), (4, 4)).hidden
    assert len({tuple(row) for row in hidden.tolist()}) > 10


def test_a_mask_depends_on_the_lots_of_its_image():
    masking, lots = PatchMasking(0.5), torch.rand(4, 16)
    whole = masking(lots, (4, 4)).hidden
    for i in range(4):
        assert torch.equal(masking(lots[i : i + 1], (4, 4)).hidden[0], whole[i])


def test_the_ends_of_the_interval_are_lots_too():
    lots = torch.tensor([[0.0, 1 - 2**-24, 0.5, 0.25], [0.0, 0.0, 0.0, 0.5]])
    visible, hidden = PatchMasking(0.5)(lots, (2, 2))
    assert hidden.sum(1).tolist() == [2, 2] and visible.shape == (2, 2)


@pytest.mark.parametrize('odds', [1.0, 3.0, 0.25])
def test_a_single_hidden_patch_has_the_odds_of_its_foreground(odds):
    torch.manual_seed(0)
    draws = 20000
    foreground = torch.zeros(draws, 1, 1, 8)
    foreground[..., 2:4] = 1  # patch 1 of 4
    foreground[..., 4] = 1  # half of patch 2
    hidden = PatchMasking(0.25, odds)(torch.rand(draws, 4), (1, 4), foreground).hidden
    weights = np.array([1, odds, (1 + odds) / 2, 1])
    expected = weights / weights.sum()
    deviation = np.sqrt(expected * (1 - expected) / draws)
    found = hidden.float().mean(0).numpy()
    assert (np.abs(found - expected) < 5 * deviation).all()


def test_odds_raise_the_share_of_hidden_foreground():
    foreground = torch.zeros(500, 1, 8, 8)
    foreground[..., :2, :] = 1  # a quarter of the patches
    shares = []
    for odds in (1.0, 2.0, 5.0, 100.0):
        torch.manual_seed(0)
        lots = torch.rand(500, 64)
        hidden = PatchMasking(0.25, odds)(lots, (8, 8), foreground).hidden
        is_foreground = foreground.flatten(1) > 0
        shares.append(float((hidden & is_foreground).sum() / hidden.sum()))
    assert shares[0] == pytest.approx(0.25, abs=0.02)
    # drawn one after the other, 2:1 of a quarter is a little under 2 / 5
    assert 0.35 < shares[1] < 0.4
    assert shares[1] + 0.1 < shares[2] < shares[3] and shares[3] > 0.85


def test_pools_rows_and_columns():
    mask = torch.rand(2, 1, 8, 12)
    pooled = pool_to_patches(mask, (4, 3))
    assert pooled.shape == (2, 12)
    for row in range(4):
        for column in range(3):
            patch = mask[:, 0, 2 * row : 2 * row + 2, 4 * column : 4 * column + 4]
            expected = patch.mean((1, 2))
            torch.testing.assert_close(pooled[:, 3 * row + column], expected)


def test_hidden_patches_as_pixels():
    hidden = torch.rand(2, 6) < 0.5
    images = torch.zeros(2, 3, 8, 15, dtype=torch.float64)
    found = hidden_pixels(PatchMask(None, hidden), 2, images)
    assert found.shape == (2, 1, 8, 15) and found.dtype == images.dtype
    for image, is_hidden in zip(found, hidden):
        for y in range(8):
            for x in range(15):
                patch = 3 * (y // 4) + x // 5
                assert image[0, y, x] == is_hidden[patch]


@pytest.mark.parametrize('ratio', [0, 1, -0.5, 1.5])
def test_refuses_impossible_ratios(ratio):
    with pytest.raises(UserError, match='ratio must lie between 0 and 1'):
        PatchMasking(ratio)


@pytest.mark.parametrize('odds', [0, -1])
def test_refuses_impossible_odds(odds):
    with pytest.raises(UserError, match='foreground_odds must be above 0'):
        PatchMasking(0.5, odds)
