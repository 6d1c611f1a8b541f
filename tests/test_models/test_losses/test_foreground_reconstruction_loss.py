import pytest
import torch

from mmpose_uda import UserError
from mmpose_uda.models.losses import ForegroundReconstructionLoss


@pytest.fixture
def case():
    torch.manual_seed(0)
    predicted, target = torch.randn(2, 6, 12), torch.randn(2, 6, 12)
    hidden = torch.tensor([[1, 0, 1, 1, 0, 0], [0, 1, 1, 0, 0, 1]]).bool()
    return predicted, target, hidden, torch.rand(2, 6)


def test_without_emphasis_it_is_the_loss_of_mae(case):
    predicted, target, hidden, foreground = case
    mask = hidden.float()
    expected = (((predicted - target) ** 2).mean(-1) * mask).sum() / mask.sum()
    loss = ForegroundReconstructionLoss(foreground_emphasis=0)(*case)
    torch.testing.assert_close(loss, expected)
    # nor does it matter where no foreground is known
    loss = ForegroundReconstructionLoss(foreground_emphasis=0.8)(*case[:3])
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize('emphasis', [0.3, 0.8])
def test_equals_the_formula(case, emphasis):
    predicted, target, hidden, foreground = case
    total = weights = 0.0
    for b in range(2):
        for patch in range(6):
            if hidden[b, patch]:
                weight = (1 - emphasis) + emphasis * float(foreground[b, patch])
                error = 0.0
                for d in range(12):
                    error += float(predicted[b, patch, d] - target[b, patch, d]) ** 2
                total += weight * error
                weights += 12 * weight
    loss = ForegroundReconstructionLoss(emphasis, loss_weight=3)(*case)
    assert loss.item() == pytest.approx(3 * total / weights, rel=1e-5)


def test_visible_patches_do_not_count(case):
    predicted, target, hidden, foreground = case
    loss = ForegroundReconstructionLoss()(*case)
    predicted = torch.where(hidden.unsqueeze(-1), predicted, 1e3)
    assert ForegroundReconstructionLoss()(predicted, target, hidden, foreground) == loss


def test_an_image_without_foreground_still_has_a_loss(case):
    predicted, target, hidden, foreground = case
    nothing = torch.zeros_like(foreground)
    loss = ForegroundReconstructionLoss(0.99)(predicted, target, hidden, nothing)
    plain = ForegroundReconstructionLoss(0)(predicted, target, hidden)
    torch.testing.assert_close(loss, plain)


@pytest.mark.parametrize('emphasis', [1, 1.5, -0.1])
def test_refuses_impossible_emphasis(emphasis):
    with pytest.raises(UserError, match='foreground_emphasis must lie in'):
        ForegroundReconstructionLoss(emphasis)
