import math

import pytest
import torch

from mmpose_uda import UserError
from mmpose_uda.models.losses import AttentionDistanceLoss


@pytest.fixture
def maps():
    torch.manual_seed(0)
    return torch.randn(2, 2, 3, 4, 4).softmax(-1).unbind()


def slow_distance(measure, first, second):
    """Query by query, key by key."""
    total = queries = 0
    for p_row, q_row in zip(first.reshape(-1, 4).tolist(), second.reshape(-1, 4).tolist()):
        queries += 1
        for p, q in zip(p_row, q_row):
            if measure == 'kl':
                total += 0.5 * (p * math.log(p / q) + q * math.log(q / p))
            else:
                total += (p - q) ** 2
    return total / queries


@pytest.mark.parametrize('measure', ['kl', 'mse'])
def test_equals_the_formula(maps, measure):
    loss = AttentionDistanceLoss(measure, loss_weight=3)(*maps)
    assert loss.item() == pytest.approx(3 * slow_distance(measure, *maps), rel=1e-4)


@pytest.mark.parametrize('measure', ['kl', 'mse'])
def test_is_a_distance(maps, measure):
    first, second = maps
    loss = AttentionDistanceLoss(measure)
    assert loss(first, first) == 0
    assert loss(first, second) == loss(second, first) > 0


@pytest.mark.parametrize('measure', ['kl', 'mse'])
def test_attention_of_nothing_is_finite(measure):
    first = torch.eye(2)[None].requires_grad_()
    loss = AttentionDistanceLoss(measure)(first, torch.eye(2).flip(0)[None])
    loss.backward()
    assert loss > 1 and first.grad.isfinite().all()


def test_refuses_unknown_measures():
    with pytest.raises(UserError, match="measure must be 'kl' or 'mse', not 'l1'"):
        AttentionDistanceLoss('l1')
