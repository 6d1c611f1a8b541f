import numpy as np
import pytest
import torch

from mmpose_uda.codecs import lift_root_relative
from mmpose_uda.metainfo import HAND21, HUMAN17
from mmpose_uda.models.utils import (
    bone_cosines,
    bone_lengths,
    joined_bones,
    keypoints_to_bones,
    keypoints_to_joints,
    lift_to_total,
    mirrored_bones,
    relative_lengths,
)

# a chest 0 with a neck and two arms of two bones each, the second from hand to elbow
BONES = ((0, 1), (0, 2), (3, 2), (0, 4), (5, 4))
FLIP_INDICES = (0, 1, 4, 5, 2, 3)
POINTS = torch.randn(3, 6, 3, generator=torch.Generator().manual_seed(0))


def bones_of(metainfo):
    ids = {point['name']: i for i, point in metainfo['keypoint_info'].items()}
    links = (bone['link'] for bone in metainfo['skeleton_info'].values())
    return tuple(tuple(ids[name] for name in link) for link in links)


def test_lengths():
    for pose, found in zip(POINTS.numpy(), bone_lengths(POINTS, BONES)):
        expected = [np.linalg.norm(pose[a] - pose[b]) for a, b in BONES]
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_relative_lengths_know_no_size_and_leave_bones_out():
    counted = torch.tensor([1.0, 1, 0, 1, 1])
    lengths = bone_lengths(POINTS, BONES)
    expected = lengths / lengths[:, [0, 1, 3, 4]].mean(1, keepdim=True)
    for size in (1.0, 300.0):
        found = relative_lengths(size * POINTS, BONES, counted)
        torch.testing.assert_close(found, expected)


def test_angles_are_those_at_the_shared_keypoint():
    joints = joined_bones(BONES)
    assert len(joints) == 3 + 2  # at the chest and at the elbows
    found = bone_cosines(POINTS, BONES)
    for column, (i, j, _) in enumerate(joints):
        (shared,) = set(BONES[i]) & set(BONES[j])
        (one,), (other,) = ({*BONES[k]} - {shared} for k in (i, j))
        for pose, cosine in zip(POINTS.numpy(), found[:, column]):
            u, v = pose[one] - pose[shared], pose[other] - pose[shared]
            expected = u @ v / np.linalg.norm(u) / np.linalg.norm(v)
            np.testing.assert_allclose(cosine, expected, atol=1e-5)


def test_a_straight_finger_and_a_folded_one():
    points = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [1, 0, 0]]])
    found = bone_cosines(points, ((0, 1), (1, 2), (2, 3)))
    torch.testing.assert_close(found, torch.tensor([[-1.0, 1.0]]))


def test_bones_that_are_apart_have_no_angles():
    for bones in (((0, 1),), ((0, 1), (2, 3))):
        assert bone_cosines(POINTS, bones).shape == (3, 0)
        assert keypoints_to_joints(torch.ones(6), bones).shape == (0,)


def test_mirror_images_of_bones():
    assert mirrored_bones(BONES, FLIP_INDICES) == ((1, 3), (2, 4))
    assert mirrored_bones(bones_of(HAND21), tuple(range(21))) == ()
    human = bones_of(HUMAN17)
    order = [0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13]
    assert len(mirrored_bones(human, tuple(order))) == 6


def test_what_has_an_end_that_is_not_there():
    there = torch.tensor([1.0, 0, 1, 1, 1, 1])
    assert keypoints_to_bones(there, BONES).tolist() == [0, 1, 1, 1, 1]
    joints = keypoints_to_joints(there, BONES)
    expected = [0.0 if 0 in pair[:2] else 1.0 for pair in joined_bones(BONES)]
    assert joints.tolist() == expected


def test_lifting_is_that_of_the_codec():
    points = POINTS.double() * torch.tensor([10.0, 10, 2])
    found = lift_to_total(points, BONES, torch.tensor(300.0, dtype=torch.double))
    expected = lift_root_relative(
        points[..., :2].numpy(), points[..., 2].numpy(), BONES, 300.0
    )
    np.testing.assert_allclose(found - found[:, :1], expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(bone_lengths(found, BONES).sum(1), 300.0, rtol=1e-9)


def test_lifting_without_a_solution_is_finite():
    points = POINTS * torch.tensor([10.0, 10, 1e3])
    points.requires_grad_()
    lifted = lift_to_total(points, BONES, torch.tensor(300.0))
    lifted.sum().backward()
    assert lifted.isfinite().all() and points.grad.isfinite().all()


@pytest.mark.parametrize('function', ['lift', 'lengths', 'cosines'])
def test_gradients(function):
    points = (POINTS.double() * torch.tensor([10.0, 10, 2])).requires_grad_()
    counted = torch.ones(len(BONES), dtype=torch.double)
    total = torch.tensor(300.0, dtype=torch.double)
    compute = dict(
        lift=lambda p: lift_to_total(p, BONES, total),
        lengths=lambda p: relative_lengths(p, BONES, counted),
        cosines=lambda p: bone_cosines(p, BONES),
    )[function]
    torch.autograd.gradcheck(compute, points, eps=1e-5, atol=1e-4)


def test_points_on_one_another_have_a_finite_gradient():
    points = torch.zeros(1, 6, 3, requires_grad=True)
    total = bone_cosines(points, BONES).sum() + bone_lengths(points, BONES).sum()
    total.backward()
    assert points.grad.isfinite().all()
