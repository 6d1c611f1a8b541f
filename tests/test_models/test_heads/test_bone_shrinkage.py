import numpy as np
import pytest
import torch

from mmpose_uda.codecs import lift_root_relative
from mmpose_uda.models.heads.bone_shrinkage import BoneShrinkage

SKELETON = [(0, 1), (1, 2), (0, 3)]


@pytest.fixture
def labels():
    return torch.tensor(np.random.default_rng(0).uniform(-30, 30, (5, 4, 3)))


@pytest.fixture
def mm_per_px():
    return torch.tensor([1.0, 2.0, 3.0, 0.5, 7.0], dtype=torch.float64)


def flattened(labels):
    """Labels whose depths a network has shrunk to a third."""
    return labels * torch.tensor([1.0, 1.0, 0.3])


def learned(*batch, momentum=1.0):
    shrinkage = BoneShrinkage(SKELETON, momentum).double()
    shrinkage.update(*batch)
    return shrinkage.ratio.item()


def slow_ratio(predicted, labels, weights, mm_per_px):
    """Bone by bone."""
    totals = [0.0, 0.0]
    for i, scale in enumerate(mm_per_px.tolist()):
        for start, end in SKELETON:
            if weights[i, start] > 0 and weights[i, end] > 0:
                for k, points in enumerate((predicted, labels)):
                    x, y, z = (points[i, end] - points[i, start]).tolist()
                    totals[k] += ((scale * x) ** 2 + (scale * y) ** 2 + z**2) ** 0.5
    return totals[0] / totals[1]


def test_ratio_of_the_bones_whose_ends_are_known(labels, mm_per_px):
    weights = torch.ones(5, 4)
    weights[1, 0] = weights[3, 2] = 0
    predicted = labels + torch.randn_like(labels)
    expected = slow_ratio(predicted, labels, weights, mm_per_px)
    labels[1, 0] = labels[3, 2] = np.nan  # a keypoint that is not labelled
    found = learned(predicted, labels, weights, mm_per_px)
    assert found == pytest.approx(expected, rel=1e-9)


def test_perfect_predictions_are_not_shrunk(labels, mm_per_px):
    assert learned(labels, labels, torch.ones(5, 4), mm_per_px) == 1


def test_flat_predictions_get_their_true_width(labels, mm_per_px):
    truth = torch.ones(5, 4)
    shrinkage = BoneShrinkage(SKELETON).double()
    for _ in range(1000):
        shrinkage.update(flattened(labels[:1]), labels[:1], truth[:1], mm_per_px[:1])
    ratio = shrinkage.ratio.item()
    assert 0.3 < ratio < 1
    bones = labels[0, [1, 2, 3]] - labels[0, [0, 1, 0]]
    bones[:, :2] *= mm_per_px[0]
    total = bones.norm(dim=-1).sum().item()
    flat = flattened(labels[:1]).numpy()

    def width(total_length):
        pose = lift_root_relative(flat[..., :2], flat[..., 2], SKELETON, total_length)
        return np.ptp(pose[..., 0]) / np.ptp(flat[..., 0])

    assert width(total) > 1.1 * mm_per_px[0]
    assert width(total * ratio) == pytest.approx(mm_per_px[0].item(), rel=1e-3)


def test_moves_by_its_momentum(labels, mm_per_px):
    batch = flattened(labels), labels, torch.ones(5, 4), mm_per_px
    whole = learned(*batch)
    assert learned(*batch, momentum=0.25) == pytest.approx(0.75 + 0.25 * whole)


def test_a_batch_without_bones_changes_nothing(labels, mm_per_px):
    weights = torch.zeros(5, 4)
    weights[:, 0] = 1
    assert learned(flattened(labels), labels, weights, mm_per_px) == 1


def test_a_degenerate_pose_changes_nothing(labels, mm_per_px):
    point = torch.zeros_like(labels)
    assert learned(labels, point, torch.ones(5, 4), mm_per_px) == 1


def test_is_saved_as_one_number_and_has_no_gradient(labels, mm_per_px):
    shrinkage = BoneShrinkage(SKELETON)
    assert list(shrinkage.state_dict()) == ['ratio']
    shrinkage.update(
        labels.float().requires_grad_(), labels.float(), torch.ones(5, 4), mm_per_px.float()
    )
    assert not shrinkage.ratio.requires_grad
