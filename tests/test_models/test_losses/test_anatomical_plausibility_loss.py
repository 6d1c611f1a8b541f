from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mmpose_uda import UserError
from mmpose_uda.models.losses import AnatomicalPlausibilityLoss
from mmpose_uda.models.losses.anatomical_plausibility_loss import implausibility
from mmpose_uda.models.utils import joined_bones

# a chest 0 with a neck and two arms of two bones each
BONES = ((0, 1), (0, 2), (2, 3), (0, 4), (4, 5))
FLIP_INDICES = (0, 1, 4, 5, 2, 3)
GENERATOR = torch.Generator().manual_seed(0)
POSES = torch.randn(4, 6, 3, generator=GENERATOR)
BOUNDS = SimpleNamespace(
    lengths=(torch.full((5,), 0.9), torch.full((5,), 1.2)),
    cosines=(torch.full((5,), -0.4), torch.full((5,), 0.1)),
)


def slowly(pose, keypoints):
    """The three criteria of one pose, by loops."""
    counted = [keypoints[a] and keypoints[b] for a, b in BONES]
    lengths = [np.linalg.norm(pose[a] - pose[b]) for a, b in BONES]
    mean = np.mean([length for length, one in zip(lengths, counted) if one])
    lengths = [length / mean for length in lengths]
    symmetry = [abs(lengths[i] - lengths[i + 2]) for i in (1, 2)]
    symmetry = [s for s, i in zip(symmetry, (1, 2)) if counted[i] and counted[i + 2]]
    outside = [max(0.9 - x, x - 1.2, 0) for x, one in zip(lengths, counted) if one]
    angles = []
    for i, j, _ in joined_bones(BONES):
        (shared,) = set(BONES[i]) & set(BONES[j])
        (a,), (b,) = ({*BONES[k]} - {shared} for k in (i, j))
        if counted[i] and counted[j]:
            u, v = pose[a] - pose[shared], pose[b] - pose[shared]
            cosine = u @ v / np.linalg.norm(u) / np.linalg.norm(v)
            angles.append(max(-0.4 - cosine, cosine - 0.1, 0))
    return np.mean(symmetry), np.mean(outside), np.mean(angles)


@pytest.mark.parametrize('missing', [None, 1, 5])
def test_values(missing):
    keypoints = torch.ones(6)
    if missing is not None:
        keypoints[missing] = 0
    found = implausibility(POSES, BONES, BOUNDS, FLIP_INDICES, keypoints)
    expected = [slowly(pose, keypoints.bool().tolist()) for pose in POSES.numpy()]
    for values, of_poses in zip(zip(*expected), found.values()):
        np.testing.assert_allclose(of_poses, values, rtol=1e-4, atol=1e-6)
    weights = dict(symmetry_weight=0.5, range_weight=2.0, angle_weight=3.0)
    losses = AnatomicalPlausibilityLoss(**weights)(
        POSES, BONES, BOUNDS, FLIP_INDICES, keypoints
    )
    means = np.mean(expected, axis=0) * [0.5, 2, 3]
    np.testing.assert_allclose(list(losses.values()), means, rtol=1e-4)
    assert list(losses) == ['symmetry', 'range', 'angle']


def test_a_pose_within_all_bounds_has_no_loss():
    wide = SimpleNamespace(
        lengths=(torch.full((5,), -torch.inf), torch.full((5,), 9.0)),
        cosines=(torch.full((5,), -1.0), torch.full((5,), torch.inf)),
    )
    poses = POSES.clone().requires_grad_()
    losses = AnatomicalPlausibilityLoss(symmetry_weight=0)(poses, BONES, wide, FLIP_INDICES)
    assert sum(losses.values()) == 0
    sum(losses.values()).backward()
    assert (poses.grad == 0).all()


def test_a_one_sided_body_has_no_symmetry():
    losses = AnatomicalPlausibilityLoss()(POSES, BONES, BOUNDS, tuple(range(6)))
    assert list(losses) == ['range', 'angle']


def test_gradient():
    poses = POSES.double().requires_grad_()
    loss = AnatomicalPlausibilityLoss(1.0, 1.0, 1.0)

    def compute(poses):
        # float32 inside would be too coarse for differences
        wide = poses.to(torch.float32) if poses.dtype is torch.float32 else poses
        return sum(loss(wide, BONES, BOUNDS, FLIP_INDICES).values())

    compute(poses).backward()
    for index in [(0, 0, 0), (1, 2, 1), (2, 5, 2), (3, 1, 0)]:
        step = torch.zeros_like(poses)
        step[index] = 1e-3
        with torch.no_grad():
            slope = (compute(poses + step) - compute(poses - step)) / 2e-3
        assert abs(slope - poses.grad[index]) < 2e-3


def test_weights_of_0_are_refused():
    with pytest.raises(UserError, match='must not be 0'):
        AnatomicalPlausibilityLoss(0, 0, 0)
