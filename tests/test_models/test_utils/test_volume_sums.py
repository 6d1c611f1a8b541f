"""Sums of volumes against automatic differentiation of the obvious computation."""

import pytest
import torch

from mmpose_uda.models.utils import volume_sums


def obvious_sums(logits):
    peak = logits.detach().amax((2, 3, 4), keepdim=True)
    cells = (logits.float() - peak.float()).exp()
    return cells.sum(2), cells.sum((3, 4))


def gradient(sums, logits, factors):
    total = sum((of * factor).sum() for of, factor in zip(sums(logits), factors))
    return torch.autograd.grad(total, logits)[0]


@pytest.fixture
def volume():
    torch.manual_seed(0)
    return 5 * torch.randn(2, 3, 4, 5, 6)


@pytest.fixture
def factors():
    return torch.randn(2, 3, 5, 6), torch.randn(2, 3, 4)


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
@pytest.mark.parametrize('with_gradient', [True, False])
def test_sums(volume, dtype, with_gradient):
    logits = volume.to(dtype).requires_grad_(with_gradient)
    before = logits.detach().clone()
    image, depths = volume_sums(logits)
    expected_image, expected_depths = obvious_sums(logits)
    assert image.dtype == depths.dtype == torch.float32
    torch.testing.assert_close(image, expected_image)
    torch.testing.assert_close(depths, expected_depths)
    assert image.requires_grad is with_gradient
    assert torch.equal(logits.detach(), before)


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
@pytest.mark.parametrize('is_channels_last', [True, False])
def test_gradient(volume, factors, dtype, is_channels_last):
    maps = volume.flatten(1, 2).to(dtype)
    if is_channels_last:
        maps = maps.contiguous(memory_format=torch.channels_last)
    logits = maps.unflatten(1, (3, 4)).requires_grad_()
    found = gradient(volume_sums, logits, factors)
    assert found.dtype == dtype
    torch.testing.assert_close(found, gradient(obvious_sums, logits, factors))


def test_gradient_of_one_sum(volume, factors):
    logits = volume.requires_grad_()
    for i in (0, 1):
        total = (volume_sums(logits)[i] * factors[i]).sum()
        expected = (obvious_sums(logits)[i] * factors[i]).sum()
        torch.testing.assert_close(
            torch.autograd.grad(total, logits)[0], torch.autograd.grad(expected, logits)[0]
        )
