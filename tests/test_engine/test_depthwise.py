import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mmpose_uda.engine.depthwise import depthwise_conv2d, quick_depthwise

CHANNELS = 6


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def depthwise(kernel, **options):
    return nn.Conv2d(
        CHANNELS, CHANNELS, kernel, **{**dict(groups=CHANNELS, bias=False), **options}
    )


def in_bf16():
    return torch.autocast('cpu', torch.bfloat16)


def is_quick(output):
    node = output.grad_fn
    nodes = [node, *(before for before, _ in node.next_functions if before)]
    return any(type(node).__name__ == '_DepthwiseBackward' for node in nodes)


@pytest.mark.parametrize(
    'kernel, stride, padding',
    [
        ((3, 3), (2, 2), (1, 1)),
        ((3, 3), (2, 1), (0, 0)),
        ((5, 5), (1, 1), (2, 2)),
        ((5, 5), (2, 2), (2, 1)),
        ((4, 4), (1, 1), (0, 0)),
        ((3, 7), (3, 3), (3, 3)),
        ((8, 8), (2, 2), (3, 3)),
    ],
)
@pytest.mark.parametrize('layout', [torch.contiguous_format, torch.channels_last])
def test_gradients_are_those_of_torch(kernel, stride, padding, layout):
    images = torch.randn(2, CHANNELS, 13, 16).double().contiguous(memory_format=layout)
    weight, bias = torch.randn(CHANNELS, 1, *kernel), torch.randn(CHANNELS)
    weight, bias = weight.double(), bias.double()
    wanted = [each.requires_grad_() for each in (images, weight, bias)]
    found = depthwise_conv2d(images, weight, stride, padding, bias)
    expected = F.conv2d(images, weight, bias, stride, padding, groups=CHANNELS)
    torch.testing.assert_close(found, expected)
    gradients = [
        torch.autograd.grad(output.square().sum(), wanted) for output in (found, expected)
    ]
    for one, other in zip(*gradients):
        # fp32 on the way
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize('bias', [False, True])
def test_in_bf16_it_is_as_exact_as_bf16_is(bias):
    conv = depthwise(5, stride=2, padding=2, bias=bias).double()
    images = torch.randn(4, CHANNELS, 16, 16).double().requires_grad_()
    conv(images).square().sum().backward()
    exact = images.grad, *(p.grad for p in conv.parameters())
    conv.zero_grad()
    conv.float()
    images = images.detach().float().requires_grad_()
    with in_bf16(), quick_depthwise():
        output = conv(images)
    assert output.dtype == torch.bfloat16 and is_quick(output)
    output.float().square().sum().backward()
    for found, right in zip((images.grad, *(p.grad for p in conv.parameters())), exact):
        assert found.dtype == torch.float32
        assert (found - right).norm() < 0.01 * right.norm()


@pytest.mark.parametrize('wanted', ['images', 'weight'])
def test_what_is_frozen_gets_none(wanted):
    conv = depthwise(5, padding=2)
    images = torch.randn(1, CHANNELS, 8, 8)
    conv.requires_grad_(wanted == 'weight')
    images.requires_grad_(wanted == 'images')
    with in_bf16(), quick_depthwise():
        conv(images).sum().backward()
    assert (images.grad is not None) == (wanted == 'images')
    assert (conv.weight.grad is not None) == (wanted == 'weight')


@pytest.mark.parametrize(
    'conv',
    [
        depthwise(3, padding=1),
        nn.Conv2d(CHANNELS, 12, 5, groups=CHANNELS),
        depthwise(3, stride=2, groups=2),
        depthwise(3, stride=2, groups=1),
        depthwise(1, stride=2),
        depthwise(5, dilation=2),
        depthwise(5, padding='same'),
    ],
    ids=['3x3', 'multiplier', 'grouped', 'full', '1x1', 'dilated', 'same'],
)
def test_others_go_as_ever(conv):
    images = torch.randn(1, CHANNELS, 12, 12)
    with in_bf16(), quick_depthwise():
        output = conv(images)
    with in_bf16():
        torch.testing.assert_close(output, conv(images))
    assert not is_quick(output)


def test_what_is_kept_in_another_precision_stays_there():
    conv, images = depthwise(5), torch.randn(1, CHANNELS, 12, 12)
    with in_bf16(), quick_depthwise():
        with torch.autocast('cpu', enabled=False):
            assert conv(images).dtype == torch.float32
        assert conv.double()(images.double()).dtype == torch.float64


@pytest.mark.parametrize(
    'options',
    [
        dict(stride=(2,), padding=(2,)),
        dict(stride=[2, 2]),
        dict(padding=torch.Size([1, 1])),
    ],
)
def test_arguments_are_those_of_torch(options):
    images = torch.randn(2, CHANNELS, 9, 9)
    options = dict(options, weight=torch.randn(CHANNELS, 1, 5, 5).requires_grad_())
    with in_bf16(), quick_depthwise():
        output = F.conv2d(input=images, groups=CHANNELS, **options)
    with in_bf16():
        torch.testing.assert_close(output, F.conv2d(images, groups=CHANNELS, **options))
    assert is_quick(output)


def test_an_image_without_a_batch_goes_as_ever():
    conv, image = depthwise(5), torch.randn(CHANNELS, CHANNELS, CHANNELS)
    with in_bf16(), quick_depthwise():
        conv(image).sum().backward()
    assert conv.weight.grad.abs().sum() > 0


def test_without_gradients_it_goes_as_ever():
    conv, images = depthwise(5), torch.randn(1, CHANNELS, 12, 12)
    with in_bf16(), quick_depthwise(), torch.no_grad():
        assert torch.equal(conv(images), F.conv2d(images, conv.weight, groups=CHANNELS))


def test_behind_the_block_it_is_torch_again():
    plain = F.conv2d
    with pytest.raises(KeyError), quick_depthwise():
        assert F.conv2d is not plain
        raise KeyError
    assert F.conv2d is plain
