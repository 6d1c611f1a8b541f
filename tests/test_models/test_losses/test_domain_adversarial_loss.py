import math

import pytest
import torch

from mmpose_uda.models.losses import DomainAdversarialLoss
from mmpose_uda.models.losses.domain_adversarial_loss import domain_accuracy


def test_the_mean_of_each_domain_whatever_its_size():
    source, target = torch.tensor([[0.5, -2.0]]), torch.tensor([1.0, -1.0, 3.0])
    expected = sum(-math.log(1 - 1 / (1 + math.exp(-v))) for v in source[0].tolist()) / 2
    expected += sum(-math.log(1 / (1 + math.exp(-v))) for v in target.tolist()) / 3
    assert DomainAdversarialLoss()(source, target) == pytest.approx(expected)
    assert DomainAdversarialLoss(0.1)(source, target) == pytest.approx(0.1 * expected)


def test_knowing_nothing_costs_two_bits():
    zeros = torch.zeros(2, 1, 4, 4)
    loss = DomainAdversarialLoss()(zeros, zeros)
    assert loss == pytest.approx(2 * math.log(2))


def test_accuracy_weighs_both_domains_alike():
    source, target = torch.tensor([-1.0, -2, -3, 4]), torch.tensor([1.0, -1])
    assert domain_accuracy(source, target) == pytest.approx((0.75 + 0.5) / 2)
