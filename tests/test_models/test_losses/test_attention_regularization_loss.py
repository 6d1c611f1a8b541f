import math

import pytest
import torch

from mmpose_uda.models.losses import AttentionRegularizationLoss


@pytest.fixture
def attention():
    torch.manual_seed(0)
    return torch.randn(2, 3, 5, 5).softmax(-1).requires_grad_()


def test_equals_the_formula(attention):
    foreground = torch.rand(2, 5)
    total = weights = 0.0
    for b in range(2):
        for query in range(5):
            kept = 0.0
            for key in range(5):
                mean = sum(attention[b, h, query, key].item() for h in range(3)) / 3
                kept += mean * float(foreground[b, key])
            total -= float(foreground[b, query]) * math.log(kept)
            weights += float(foreground[b, query])
    loss = AttentionRegularizationLoss(loss_weight=2)(attention, foreground)
    assert loss.item() == pytest.approx(2 * total / weights, rel=1e-5)


def test_zero_when_all_attention_stays_on_the_foreground():
    foreground = torch.tensor([[1.0, 1, 0]])
    kept = torch.tensor([[[0.3, 0.7, 0], [1, 0, 0], [0, 0, 1]]])[None]
    assert AttentionRegularizationLoss()(kept, foreground) == 0


def test_background_queries_are_free():
    foreground = torch.tensor([[1.0, 0]])
    first = torch.tensor([[[0.5, 0.5], [1, 0]]])[None]
    second = torch.tensor([[[0.5, 0.5], [0, 1]]])[None]
    loss = AttentionRegularizationLoss()
    assert torch.equal(loss(first, foreground), loss(second, foreground))
    assert loss(first, foreground).item() == pytest.approx(math.log(2))


def test_gradient_moves_attention_to_the_foreground(attention):
    foreground = torch.tensor([[1.0, 1, 0, 0, 0], [0, 0, 0, 0, 1]])
    AttentionRegularizationLoss()(attention, foreground).backward()
    on = foreground[:, None, :, None] * foreground[:, None, None, :]
    assert (attention.grad[on.expand_as(attention) > 0] < 0).all()
    assert (attention.grad[on.expand_as(attention) == 0] == 0).all()


def test_without_foreground_there_is_nothing_to_lose(attention):
    loss = AttentionRegularizationLoss()(attention, torch.zeros(2, 5))
    loss.backward()
    assert loss == 0 and (attention.grad == 0).all()


def test_no_attention_on_the_foreground_is_finite():
    attention = torch.eye(2).flip(0)[None, None].requires_grad_()
    loss = AttentionRegularizationLoss()(attention, torch.tensor([[1.0, 0]]))
    loss.backward()
    assert loss.isfinite() and attention.grad.isfinite().all()
