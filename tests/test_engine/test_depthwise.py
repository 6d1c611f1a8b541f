import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mmpose_uda.engine.depthwise import quick_depthwise

CHANNELS = 6


def depthwise(kernel, **options):
    return nn.Conv2d(
        CHANNELS, CHANNELS, kernel, groups=CHANNELS, bias=False, **options
    ).double()


def is_quick(output):
    return type(output.grad_fn).__name__ == '_DepthwiseBackward'


@pytest.mark.parametrize(
    'kernel, stride, padding',
    [
        (3, 2, 1),
        (3, (2, 1), 0),
        (5, 1, 2),
        (5, 2, (2, 1)),
        (4, 1, 0),
        ((3, 7), 3, 3),
        (8, 2, 3),
    ],
)
@pytest.mark.parametrize('layout', [torch.contiguous_format, torch.channels_last])
def test_gradients_are_those_of_torch(kernel, stride, padding, layout):
    torch.manual_seed(0)
    conv = depthwise(kernel, stride=stride, padding=padding)
    images = torch.randn(2, CHANNELS, 13, 16).double().contiguous(memory_format=layout)
    with quick_depthwise(torch.float64):
        images.requires_grad_()
        output = conv(images)
    assert is_quick(output)
    output.square().sum().backward()
    found = images.grad, conv.weight.grad
    images, conv.weight.grad = images.detach().requires_grad_(), None
    expected = conv(images)
    expected.square().sum().backward()
    torch.testing.assert_close(output, expected)
    # fp32 on the way
    torch.testing.assert_close(found[0], images.grad, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(found[1], conv.weight.grad, rtol=1e-5, atol=1e-4)


def test_in_bf16_it_is_as_exact_as_torch():
    torch.manual_seed(0)
    conv = depthwise(5, stride=2, padding=2)
    images = torch.randn(4, CHANNELS, 16, 16).double().requires_grad_()
    conv(images).square().sum().backward()
    exact = images.grad, conv.weight.grad
    conv.weight.grad, images = None, images.detach().float().requires_grad_()
    conv.float()
    with torch.autocast('cpu', torch.bfloat16), quick_depthwise(torch.bfloat16):
        output = conv(images)
    assert output.dtype == torch.bfloat16 and is_quick(output)
    output.float().square().sum().backward()
    for found, right in zip((images.grad, conv.weight.grad), exact):
        assert found.dtype == torch.float32
        assert (found - right).norm() < 0.01 * right.norm()


@pytest.mark.parametrize('wanted', ['images', 'weight'])
def test_what_is_frozen_gets_none(wanted):
    conv = depthwise(5, padding=2)
    images = torch.randn(1, CHANNELS, 8, 8).double()
    conv.requires_grad_(wanted == 'weight')
    images.requires_grad_(wanted == 'images')
    with quick_depthwise(torch.float64):
        conv(images).sum().backward()
    assert (images.grad is not None) == (wanted == 'images')
    assert (conv.weight.grad is not None) == (wanted == 'weight')


@pytest.mark.parametrize(
    'conv',
    [
        nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, groups=CHANNELS, bias=False),
        nn.Conv2d(CHANNELS, CHANNELS, 5, groups=CHANNELS),
        nn.Conv2d(CHANNELS, 12, 5, groups=CHANNELS, bias=False),
        nn.Conv2d(CHANNELS, CHANNELS, 3, stride=2, groups=2, bias=False),
        nn.Conv2d(CHANNELS, CHANNELS, 3, stride=2, bias=False),
        nn.Conv2d(CHANNELS, CHANNELS, 1, stride=2, groups=CHANNELS, bias=False),
        nn.Conv2d(CHANNELS, CHANNELS, 5, dilation=2, groups=CHANNELS, bias=False),
        nn.Conv2d(CHANNELS, CHANNELS, 5, padding='same', groups=CHANNELS, bias=False),
    ],
    ids=['3x3', 'bias', 'multiplier', 'grouped', 'full', '1x1', 'dilated', 'same'],
)
def test_others_go_as_ever(conv):
    images = torch.randn(1, CHANNELS, 12, 12)
    with quick_depthwise(torch.float32):
        output = conv(images)
    assert not is_quick(output)
    torch.testing.assert_close(output, conv(images))


def test_without_gradients_it_goes_as_ever():
    conv, images = depthwise(5), torch.randn(1, CHANNELS, 12, 12).double()
    with quick_depthwise(torch.float64), torch.no_grad():
        assert torch.equal(conv(images), F.conv2d(images, conv.weight, groups=CHANNELS))


def test_behind_the_block_it_is_torch_again():
    plain = F.conv2d
    with pytest.raises(KeyError), quick_depthwise(torch.float32):
        assert F.conv2d is not plain
        raise KeyError
    assert F.conv2d is plain
