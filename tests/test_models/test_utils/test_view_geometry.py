from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mmpose_uda import UserError
from mmpose_uda.models.utils import (
    between_cells,
    between_views,
    stack_warp_mats,
    swap_where_mirrored,
    transform_points,
    turned_about_middle,
    warp_maps,
)
from mmpose_uda.models.utils.view_geometry import invert_affine


def affine(angle=0.0, scale=1.0, shift=(0.0, 0.0), mirror=False):
    """A similarity, or its mirror image, as [3, 3]."""
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    sign = -1 if mirror else 1
    rows = [[sign * cos, -sin, shift[0]], [sign * sin, cos, shift[1]], [0, 0, 1]]
    return torch.tensor(rows, dtype=torch.float32)


def test_stacks_the_matrices_of_a_batch():
    mats = [np.arange(6, dtype=np.float32).reshape(2, 3) + i for i in range(3)]
    samples = [SimpleNamespace(metainfo=dict(warp_mat=mat)) for mat in mats]
    stacked = stack_warp_mats(samples, like=torch.zeros(1, dtype=torch.float64))
    assert stacked.dtype == torch.float64 and stacked.shape == (3, 3, 3)
    for found, mat in zip(stacked, mats):
        np.testing.assert_array_equal(found[:2].numpy(), mat)
        assert found[2].tolist() == [0, 0, 1]


def test_a_view_without_matrices_says_what_makes_them():
    samples = [SimpleNamespace(metainfo=dict(input_size=(48, 32)))]
    with pytest.raises(UserError, match="no `warp_mat`.*'TopdownAffine3D'.*'PackPoseView'"):
        stack_warp_mats(samples, like=torch.zeros(1))


def test_points_go_where_the_matrix_sends_them():
    matrices = torch.stack([affine(0.3, 2, (5, -7)), affine(-1, 0.5, (1, 2), True)])
    points = torch.randn(2, 6, 3) * 20
    moved = transform_points(points, matrices)
    for b in range(2):
        for k in range(6):
            x, y, z = points[b, k].tolist()
            expected = matrices[b].numpy() @ [x, y, 1]
            np.testing.assert_allclose(moved[b, k, :2], expected[:2], atol=1e-4)
            assert moved[b, k, 2] == z


def test_cells_go_where_their_middles_go():
    matrices = torch.stack([affine(0.3, 2, (5, -7)), affine(-1, 0.5, (1, 2), True)])
    cells, step = torch.randn(2, 6, 2) * 20, 8
    middles = step * cells + 3.5
    expected = (transform_points(middles, matrices) - 3.5) / step
    found = transform_points(cells, between_cells(matrices, step))
    torch.testing.assert_close(found, expected)


def test_points_without_depth():
    points = torch.randn(1, 4, 2)
    assert torch.equal(transform_points(points, torch.eye(3)[None]), points)


def test_views_meet_in_the_image():
    to_first, to_second = affine(0.4, 0.7, (9, 3))[None], affine(2, 1.3, (0, 8))[None]
    in_image = torch.rand(1, 50, 2) * 500
    first = transform_points(in_image, to_first)
    second = transform_points(in_image, to_second)
    carried = transform_points(first, between_views(to_first, to_second))
    assert (carried - second).abs().max() < 1e-3
    back = transform_points(carried, between_views(to_second, to_first))
    assert (back - first).abs().max() < 1e-3


def centre_of_mass(maps):
    """In px, pixel centres being integers, [B, 2]."""
    mass = maps[:, 0] / maps[:, 0].sum((1, 2), keepdim=True)
    x = (mass.sum(1) * torch.arange(maps.shape[-1])).sum(-1)
    y = (mass.sum(2) * torch.arange(maps.shape[-2])).sum(-1)
    return torch.stack([x, y], dim=-1)


@pytest.mark.parametrize(
    'matrix',
    [
        affine(),
        affine(shift=(3.4, -2.7)),
        affine(scale=1.6, shift=(-14, -11)),
        affine(scale=0.6, shift=(15, 9)),
        affine(angle=0.5, shift=(14, -9)),
        affine(angle=np.pi / 2, shift=(49, -5)),
        affine(shift=(47, 0), mirror=True),
        affine(angle=-0.8, scale=1.2, shift=(41, -10), mirror=True),
    ],
    ids=lambda matrix: str(matrix[:2].tolist()),
)
def test_a_blob_moves_as_its_centre_does(matrix):
    centre = torch.tensor([[22.3, 18.6]])
    y, x = torch.meshgrid(torch.arange(40.0), torch.arange(48.0), indexing='ij')
    distance = (x - centre[0, 0]) ** 2 + (y - centre[0, 1]) ** 2
    blob = torch.exp(-distance / (2 * 2.5**2))[None, None]
    expected = transform_points(centre[None], matrix[None])[0]
    assert 8 < expected[0, 0] < 42 and 8 < expected[0, 1] < 38  # the test's own bounds
    warped = warp_maps(blob, matrix[None], (44, 52))
    assert warped.shape == (1, 1, 44, 52)
    assert (centre_of_mass(warped) - expected).abs().max() < 0.1


def test_each_map_has_its_own_matrix_and_outside_is_zero():
    maps = torch.ones(2, 3, 8, 10)
    matrices = torch.stack([affine(shift=(4, 0)), affine(shift=(0, -100))])
    warped = warp_maps(maps, matrices, (8, 10))
    assert (warped[0, :, :, 4:] == 1).all() and (warped[0, :, :, :3] == 0).all()
    assert (warped[1] == 0).all()


def test_the_identity_changes_nothing():
    maps = torch.rand(1, 2, 8, 10)
    warped = warp_maps(maps, affine()[None], (8, 10))
    torch.testing.assert_close(warped, maps, atol=1e-5, rtol=0)


@pytest.mark.parametrize('shape', [(2, 4), (2, 4, 3)])
def test_left_and_right_are_exchanged_in_mirrors_only(shape):
    values = torch.rand(shape)
    matrices = torch.stack([affine(angle=3), affine(angle=1, mirror=True)])
    swapped = swap_where_mirrored(values, matrices, [0, 2, 1, 3])
    assert torch.equal(swapped[0], values[0])
    assert torch.equal(swapped[1], values[1][[0, 2, 1, 3]])


def test_mixed_precision_moves_points_as_exactly():
    points = torch.tensor([[[200.5, 100.25, 7], [3.125, 255.5, -40]]])
    before, after = (
        affine(0.3, 0.7, (5.5, 90.25))[None],
        affine(-0.2, 1.2, (33, 3.75))[None],
    )

    def carried():
        matrices = between_views(before, after)
        maps = torch.arange(64.0 * 64).view(1, 1, 64, 64)
        turned = turned_about_middle((64, 64), torch.tensor([0.4]), torch.tensor([1.1]))
        return transform_points(points, matrices), warp_maps(maps, turned, (64, 64))

    expected = carried()
    with torch.autocast('cpu', torch.bfloat16):
        found = carried()
    for one, other in zip(found, expected):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    exact = torch.linalg.inv(before[0].double())
    exact = after[0].double() @ exact @ torch.tensor([200.5, 100.25, 1]).double()
    torch.testing.assert_close(found[0][0, 0, :2].double(), exact[:2], rtol=0, atol=1e-3)


@pytest.mark.parametrize('mirrored', [False, True])
def test_a_turn_keeps_the_middle(mirrored):
    matrices = turned_about_middle(
        (48, 32), torch.tensor([0.0, 0.5]), torch.tensor([1.0, 1.3]), mirrored
    )
    middle = torch.tensor([[[23.5, 15.5]]]).expand(2, 1, 2)
    torch.testing.assert_close(transform_points(middle, matrices), middle)
    side = -1 if mirrored else 1
    moved = transform_points(torch.tensor([[[33.5, 15.5]]]), matrices[:1])
    assert moved[0, 0].tolist() == [23.5 + side * 10, 15.5]
    cos, sin = 1.3 * np.cos(0.5), 1.3 * np.sin(0.5)
    expected = torch.tensor([[side * cos, -sin], [side * sin, cos]]).float()
    torch.testing.assert_close(matrices[1, :2, :2], expected)


def test_inverse_of_affines():
    matrices = torch.randn(5, 3, 3, generator=torch.manual_seed(0), dtype=torch.float64)
    matrices[:, 2] = torch.tensor([0.0, 0, 1])
    matrices[3, 0] *= -1  # a mirrored one
    torch.testing.assert_close(invert_affine(matrices), torch.linalg.inv(matrices))
