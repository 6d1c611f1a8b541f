import numpy as np
import pytest
import torch

from mmpose_uda.models.losses import Pose3DRegressionLoss
from mmpose_uda.models.readers import RegressedPoses

SIZE = (60, 40)
ROOT = 1


def poses(seed=0, requires_grad=False):
    """Three predictions of four keypoints, whose root has no depth."""
    generator = torch.Generator().manual_seed(seed)
    positions = 30 + 20 * torch.randn(3, 4, 3, generator=generator)
    positions[:, ROOT, 2] = 0
    scales = 2 + torch.rand(3, generator=generator)
    if requires_grad:
        positions.requires_grad_(), scales.requires_grad_()
    return RegressedPoses(positions, torch.zeros(3, 4), SIZE, scales, ROOT)


@pytest.fixture
def labels():
    """Points, scales and weights."""
    other = poses(seed=1)
    weights = torch.tensor([[1, 1, 0.5, 0], [0.2, 1, 1, 1], [1, 1, 1, 1]])
    return other.positions, other.mm_per_px, weights


def by_hand(predicted, points, scales, weights, weight_3d, weight_2d):
    """Sample by sample, keypoint by keypoint."""
    total = 0.0
    for b in range(3):
        own = predicted.mm_per_px[b].item()
        scale = scales[b].item() if scales[b] > 0 else own
        for k in range(4):
            if weights[b, k] == 0:
                continue
            found, label = (p[b, k].tolist() for p in (predicted.positions, points))
            px = [abs(found[i] - label[i]) / 60 for i in (0, 1)]
            mm = [abs(found[2] - label[2])]
            if weights[b, ROOT] > 0:
                root = [p[b, ROOT].tolist() for p in (predicted.positions, points)]
                mm += [
                    abs((found[i] - root[0][i]) * own - (label[i] - root[1][i]) * scale)
                    for i in (0, 1)
                ]
            error = weight_3d * sum(mm) / 1000 + weight_2d * sum(px)
            total += weights[b, k].item() * error
    return total / 12


@pytest.mark.parametrize('weight_3d, weight_2d', [(10, 2), (1, 0), (0, 1)])
def test_is_l1_of_joints_and_of_projections(labels, weight_3d, weight_2d):
    loss = Pose3DRegressionLoss(weight_3d, weight_2d)
    expected = by_hand(poses(), *labels, weight_3d, weight_2d)
    assert loss(poses(), *labels).item() == pytest.approx(expected, rel=1e-5)
    assert expected > 0


def test_without_a_label_of_the_root_there_are_no_joints_in_the_plane(labels):
    points, scales, weights = labels
    weights[0, ROOT] = 0
    expected = by_hand(poses(), points, scales, weights, 10, 2)
    assert Pose3DRegressionLoss()(poses(), *labels).item() == pytest.approx(expected)


def test_a_scale_of_0_is_the_prediction_s_own_and_learns_nothing(labels):
    points, scales, weights = labels
    predicted = poses(requires_grad=True)
    scales = torch.tensor([0.0, scales[1], 0])
    loss = Pose3DRegressionLoss()(predicted, points, scales, weights)
    expected = by_hand(predicted, points, scales, weights, 10, 2)
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    loss.backward()
    other = poses(requires_grad=True)
    fixed = torch.where(scales > 0, scales, other.mm_per_px.detach())
    Pose3DRegressionLoss()(other, points, fixed, weights).backward()
    learned = torch.where(scales > 0, other.mm_per_px.grad, 0)
    torch.testing.assert_close(predicted.mm_per_px.grad, learned)
    assert (learned[1] != 0) and (other.mm_per_px.grad != 0).all()
    torch.testing.assert_close(predicted.positions.grad, other.positions.grad)


def test_what_weighs_nothing_has_neither_loss_nor_gradient(labels):
    points, scales, weights = labels
    predicted = poses(requires_grad=True)
    missing = torch.where(weights.unsqueeze(-1) > 0, points, torch.nan)
    loss = Pose3DRegressionLoss()(predicted, missing, scales, weights)
    assert loss == Pose3DRegressionLoss()(poses(), *labels)
    loss.backward()
    gradient = predicted.positions.grad
    assert gradient.isfinite().all() and predicted.mm_per_px.grad.isfinite().all()
    assert (gradient[0, 3] == 0).all() and (gradient[0, 0] != 0).all()


def test_a_perfect_prediction_has_none():
    predicted = poses()
    loss = Pose3DRegressionLoss()(
        predicted, predicted.positions, predicted.mm_per_px, torch.ones(3, 4)
    )
    assert loss == 0


def test_is_linear_in_the_weights(labels):
    points, scales, weights = labels
    loss = Pose3DRegressionLoss()
    halves = [loss(poses(), points, scales, share * weights) for share in (0.5, 0.1, 1)]
    np.testing.assert_allclose(halves[:2], [0.5 * halves[2], 0.1 * halves[2]], rtol=1e-5)
