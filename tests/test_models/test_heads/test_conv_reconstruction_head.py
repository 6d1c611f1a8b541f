from types import SimpleNamespace

import pytest
import torch
from mmpose.registry import MODELS
from model_factory import INPUT_SIZE, resnet_estimator

from mmpose_uda import UserError
from mmpose_uda.models.heads import ConvReconstructionHead
from mmpose_uda.models.utils import PatchMasking

CHANNELS, STRIDE = 64, 16
PATCH_SIZE, PATCH_GRID = 16, (2, 3)


def build_network():
    """A stock ResNet estimator whose features have a sixteenth of the input's size."""
    config = resnet_estimator()
    config['backbone']['strides'] = (1, 2, 2, 1)
    return MODELS.build(config)


def build_head(**kwargs):
    torch.manual_seed(0)
    right = dict(
        in_channels=CHANNELS, stride=STRIDE, patch_size=PATCH_SIZE, patch_grid=PATCH_GRID
    )
    return ConvReconstructionHead(**{**right, **kwargs})


@pytest.fixture
def head():
    return build_head()


@pytest.fixture
def seen():
    torch.manual_seed(1)
    images = torch.randn(2, 3, *INPUT_SIZE[::-1]) + 1
    return SimpleNamespace(network=build_network(), images=images)


@pytest.fixture
def mask():
    torch.manual_seed(2)
    return PatchMasking(0.5)(torch.rand(2, PATCH_GRID[0] * PATCH_GRID[1]), PATCH_GRID)


def where(position):
    """The pixels of a patch."""
    row, column = divmod(position, PATCH_GRID[1])
    y, x = PATCH_SIZE * row, PATCH_SIZE * column
    return slice(y, y + PATCH_SIZE), slice(x, x + PATCH_SIZE)


def test_hidden_patches_have_the_mean_of_the_visible_ones(head, seen, mask):
    found = head.fill_hidden(seen.images, mask)
    for image, filled, hidden in zip(seen.images, found, mask.hidden.tolist()):
        visible = [p for p in range(6) if not hidden[p]]
        pixels = [image[(slice(None), *where(p))].flatten(1) for p in visible]
        mean = torch.cat(pixels, dim=1).mean(1)
        for p in range(6):
            patch = filled[(slice(None), *where(p))]
            if hidden[p]:
                expected = mean[:, None, None].expand_as(patch)
                torch.testing.assert_close(patch, expected)
            else:
                assert torch.equal(patch, image[(slice(None), *where(p))])


def test_hidden_pixels_have_no_influence(head, seen, mask):
    before = head.encode(seen, mask)
    for b, p in mask.hidden.nonzero().tolist():
        seen.images[b][(slice(None), *where(p))] += 100
    assert before.shape == (2, CHANNELS, 2, 3)
    assert torch.equal(head.encode(seen, mask), before)


@pytest.mark.parametrize('patch_size, grid', [(16, (2, 3)), (8, (4, 6))])
def test_every_cell_predicts_the_pixels_under_it(patch_size, grid):
    head = build_head(patch_size=patch_size, patch_grid=grid)
    features = torch.randn(1, CHANNELS, 2, 3)
    painted = head.to_images(head(features, None))[0]
    weight, bias = head.to_pixels.weight.flatten(1), head.to_pixels.bias
    for row in range(2):
        for column in range(3):
            values = weight @ features[0, :, row, column] + bias
            expected = values.view(3, STRIDE, STRIDE)
            y, x = STRIDE * row, STRIDE * column
            found = painted[:, y : y + STRIDE, x : x + STRIDE]
            torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize('emphasis', [0.0, 0.8])
def test_loss_is_that_of_hidden_normalised_patches(head, seen, mask, emphasis):
    """Without emphasis MAE's loss, patch by patch."""
    head.loss_module.foreground_emphasis = emphasis
    foreground = torch.rand(2, 1, *INPUT_SIZE[::-1])
    encoded = head.encode(seen, mask)
    painted = head.to_images(head(encoded, mask))
    total = weights = 0.0
    for b, p in mask.hidden.nonzero().tolist():
        patch = seen.images[b][(slice(None), *where(p))]
        target = (patch - patch.mean()) / (patch.var() + 1e-6) ** 0.5
        weight = 1 - emphasis + emphasis * foreground[b, 0][where(p)].mean()
        error = (painted[b][(slice(None), *where(p))] - target) ** 2
        total += weight * error.mean()
        weights += weight
    found = head.loss(encoded, mask, seen.images, foreground)
    torch.testing.assert_close(found, total / weights)


def test_trains_the_backbone_but_not_its_statistics(head, seen, mask):
    seen.network.train()
    buffers = {name: b.clone() for name, b in seen.network.named_buffers()}
    head.loss(head.encode(seen, mask), mask, seen.images).backward()
    for parameter in seen.network.backbone.parameters():
        assert parameter.grad is not None
    assert seen.network.backbone.conv1.weight.grad.abs().sum() > 0
    for name, buffer in seen.network.named_buffers():
        assert torch.equal(buffer, buffers[name]), name


def test_the_trial_at_build_leaves_no_trace(head, seen):
    seen.network.train()
    before = {name: value.clone() for name, value in seen.network.state_dict().items()}
    head.check('mim', seen.network)
    assert seen.network.training and seen.network.backbone.layer1.training
    for name, value in seen.network.state_dict().items():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize('wrong', [dict(in_channels=32), dict(stride=8)])
def test_refuses_other_features(seen, wrong):
    with pytest.raises(UserError, match="'mim'.*48 x 32 px.*") as caught:
        build_head(**wrong).check('mim', seen.network)
    ((key, value),) = wrong.items()
    assert f'{key}={value}' in str(caught.value) and '[64, 2, 3]' in str(caught.value)
