import math

import pytest
import torch

from mmpose_uda.models.readers import RegressedPoses

SIZE = (60, 40)
FLIP_INDICES = [0, 2, 1]


def poses(seed=0):
    generator = torch.Generator().manual_seed(seed)
    positions = 15 + 10 * torch.randn(2, 3, 3, generator=generator)
    errors = 0.05 + 0.2 * torch.rand(2, 3, generator=generator)
    scales = 3 + torch.rand(2, generator=generator)
    return RegressedPoses(positions, errors.log(), SIZE, scales, root=0)


def test_joints_are_relative_to_the_root_at_the_camera_s_scale():
    found = poses()
    for b in range(2):
        for k in range(3):
            lateral = found.positions[b, k, :2] - found.positions[b, 0, :2]
            expected = [*(lateral * found.mm_per_px[b]), found.positions[b, k, 2]]
            torch.testing.assert_close(found.pose()[b, k], torch.stack(expected))


def test_confidence_is_the_share_of_small_errors():
    found = poses()
    laplace = torch.distributions.Laplace(0.0, 60 * found.log_scales.exp())
    draws = laplace.sample((2, 20000))  # x and y in px
    near = (draws.abs() <= 6).all(0).float().mean(0)  # a tenth of 60 px
    assert (found.confidence() - near).abs().max() < 0.02
    sure = RegressedPoses(
        found.positions, torch.full((2, 3), math.log(1e-4)), SIZE, found.mm_per_px, 0
    )
    assert (sure.confidence() == 1).all()


@pytest.mark.parametrize(
    'point, inside',
    [((0, 0), 1), ((-0.4, 39.4), 1), ((-0.6, 5), 0), ((59.6, 5), 0), ((5, 39.6), 0)],
)
def test_what_lies_on_the_crop(point, inside):
    points = torch.tensor([*point, 1e4]).expand(2, 3, 3)
    assert (poses().contains(points) == inside).all()


def test_the_mirror_image():
    found = poses()
    mirrored = found.mirrored(FLIP_INDICES)
    for k, other in enumerate(FLIP_INDICES):
        x, y, z = found.positions[:, other].unbind(-1)
        torch.testing.assert_close(
            mirrored.positions[:, k], torch.stack([59 - x, y, z], dim=-1)
        )
        assert torch.equal(mirrored.confidence()[:, k], found.confidence()[:, other])
    assert torch.equal(mirrored.mm_per_px, found.mm_per_px)
    twice = mirrored.mirrored(FLIP_INDICES)
    torch.testing.assert_close(twice.positions, found.positions)


def test_averages():
    one, two = poses(0), poses(1)
    found = one.averaged(two)
    torch.testing.assert_close(found.points(), (one.points() + two.points()) / 2)
    torch.testing.assert_close(found.mm_per_px, (one.mm_per_px + two.mm_per_px) / 2)
    errors = (one.log_scales.exp() + two.log_scales.exp()) / 2
    torch.testing.assert_close(found.log_scales.exp(), errors)
    assert (found.input_size, found.root) == (SIZE, 0)
