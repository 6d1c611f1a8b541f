from dataclasses import replace

import numpy as np
import pytest
import torch

from mmpose_uda.models.losses import KeypointDistributionLoss
from mmpose_uda.models.readers import AxisDistribution, KeypointDistributions

AXES = [(6, 3.5, 8.0), (4, 3.5, 8.0), (5, -80.0, 40.0)]  # bins, first centre, step


@pytest.fixture
def logits():
    torch.manual_seed(0)
    return [torch.randn(2, 3, bins).requires_grad_() for bins, _, _ in AXES]


def distributions(logits):
    axes = [
        AxisDistribution(values.log_softmax(-1), origin, step)
        for values, (_, origin, step) in zip(logits, AXES)
    ]
    return KeypointDistributions(axes)


@pytest.fixture
def points():
    low, high = torch.tensor([0.0, 0, -90]), torch.tensor([47.0, 31, 90])
    return low + (high - low) * torch.rand(2, 3, 3)


def by_loop(logits, points, weights, sigma, l1_weight):
    total = 0.0
    for b in range(2):
        for k in range(3):
            for a, (bins, origin, step) in enumerate(AXES):
                values = logits[a][b, k].detach().numpy().astype(np.float64)
                probs = np.exp(values) / np.exp(values).sum()
                centres = origin + step * np.arange(bins)
                point = float(points[b, k, a])
                labels = np.exp(-0.5 * ((centres - point) / (step * sigma)) ** 2)
                labels /= labels.sum()
                term = -(labels * np.log(probs)).sum()
                term += l1_weight * abs((probs * centres).sum() - point) / (step * bins)
                total += float(weights[b, k]) * term / len(AXES)
    return total / 6


@pytest.mark.parametrize('sigma, l1_weight', [(1.0, 10.0), (0.7, 0.0), (2.0, 3.0)])
def test_equals_the_formula(logits, points, sigma, l1_weight):
    weights = torch.tensor([[1.0, 0.2, 0], [0.5, 1, 1]])
    loss = KeypointDistributionLoss(sigma, l1_weight, loss_weight=2)
    found = loss(distributions(logits), points, weights)
    expected = 2 * by_loop(logits, points, weights, sigma, l1_weight)
    assert found.item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize('as_points', [True, False])
def test_axes_without_a_label_are_not_taught(logits, points, as_points):
    weights, loss = torch.rand(2, 3), KeypointDistributionLoss()
    # of the depth, a label that nothing is to learn
    other = distributions([torch.randn(2, 3, bins) for bins, _, _ in AXES])
    depth = distributions(logits).axes[2]
    same = replace(depth, log_probs=depth.log_probs.detach())
    if as_points:
        labels = points[..., :2]
        whole = loss(distributions(logits), points, weights)
    else:
        labels = other.in_the_image()
        whole = loss(
            distributions(logits), replace(other, axes=[*labels.axes, same]), weights
        )
    loss(distributions(logits), labels, weights).backward()
    assert not logits[2].grad.any()
    found = [values.grad.clone() for values in logits[:2]]
    for values in logits:
        values.grad = None
    whole.backward()
    for values, right in zip(logits, found):
        torch.testing.assert_close(values.grad, right)


def test_points_of_no_weight_may_be_anything(logits, points):
    weights = torch.tensor([[1.0, 0, 1], [0, 0.5, 0]])
    KeypointDistributionLoss()(distributions(logits), points, weights).backward()
    expected = [values.grad.clone() for values in logits]
    for values in logits:
        values.grad = None
    points[weights == 0] = torch.tensor([float('nan'), float('inf'), -float('inf')])
    loss = KeypointDistributionLoss()(distributions(logits), points, weights)
    loss.backward()
    assert loss.isfinite()
    for values, grad in zip(logits, expected):
        assert torch.equal(values.grad, grad)
        assert (values.grad[weights == 0] == 0).all()
        assert (values.grad[weights > 0].abs().sum(-1) > 0).all()


def test_of_distributions_equals_the_formula(logits):
    others = [torch.randn_like(values) for values in logits]
    weights = torch.tensor([[1.0, 0.2, 0], [0.5, 1, 1]])
    loss = KeypointDistributionLoss(l1_weight=3.0)
    found = loss(distributions(logits), distributions(others), weights)
    expected = 0.0
    for values, labels, (bins, origin, step) in zip(logits, others, AXES):
        probs, wanted = values.detach().softmax(-1), labels.softmax(-1)
        centres = origin + step * torch.arange(bins)
        term = -(wanted * probs.log()).sum(-1)
        term += 3 * ((probs - wanted) @ centres).abs() / (step * bins)
        expected += (weights * term).sum() / len(AXES) / 6
    torch.testing.assert_close(found, expected)


def test_doubtful_batches_weigh_little(logits, points):
    ones = torch.ones(2, 3)
    certain = KeypointDistributionLoss()(distributions(logits), points, ones)
    doubtful = KeypointDistributionLoss()(distributions(logits), points, 0.1 * ones)
    torch.testing.assert_close(doubtful, 0.1 * certain)


def test_descent_leads_to_the_points(points):
    logits = [torch.zeros(2, 3, bins, requires_grad=True) for bins, _, _ in AXES]
    # means of bins lie between the first and the last centre
    points = points.clamp(torch.tensor([4.0, 4, -75]), torch.tensor([43.0, 27, 75]))
    optimizer = torch.optim.Adam(logits, lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        loss = KeypointDistributionLoss()(distributions(logits), points, torch.ones(2, 3))
        loss.backward()
        optimizer.step()
    error = (distributions(logits).points() - points).abs()
    error = error / torch.tensor([48.0, 32, 200])
    assert error.max() < 0.05  # at the ends both terms pull in opposite directions


@pytest.mark.parametrize('apart', [30.0, 100.0, 1000.0])
def test_a_confidently_wrong_peak_is_corrected(apart):
    """Its gradient is that of a cross entropy however sure it is: about 1 a keypoint."""
    logits = torch.zeros(1, 1, 6)
    logits[..., 0] = apart
    logits.requires_grad_()
    axis = AxisDistribution(logits.log_softmax(-1), origin=0.0, step=1.0)
    point = torch.full((1, 1, 1), 5.0)
    loss = KeypointDistributionLoss(sigma=0.3, l1_weight=0.0)
    loss(KeypointDistributions([axis]), point, torch.ones(1, 1)).backward()
    assert logits.grad[0, 0, 0] == pytest.approx(1, abs=0.01)
    assert logits.grad[0, 0, 5] == pytest.approx(-1, abs=0.01)
