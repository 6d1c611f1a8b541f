from types import SimpleNamespace

import pytest
import torch
from mmpose.registry import MODELS
from model_factory import EMBED_DIMS, INPUT_SIZE, PATCH_GRID, PATCH_SIZE, vit_config
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.models.heads import SimMIMReconstructionHead
from mmpose_uda.models.utils import PatchMasking

ROWS, COLUMNS = PATCH_GRID


@pytest.fixture
def head():
    torch.manual_seed(0)
    head = SimMIMReconstructionHead(EMBED_DIMS, PATCH_SIZE, PATCH_GRID)
    head.mask_token.data.normal_()
    return head


@pytest.fixture
def seen():
    torch.manual_seed(1)
    network = nn.Module()
    network.backbone = MODELS.build(vit_config())
    return SimpleNamespace(network=network, images=torch.randn(2, 3, *INPUT_SIZE[::-1]))


@pytest.fixture
def mask():
    torch.manual_seed(2)
    return PatchMasking(0.5)(torch.rand(2, PATCH_GRID[0] * PATCH_GRID[1]), PATCH_GRID)


def slow_patches(images):
    """[B][L] patches of the values in the order row, column, channel."""
    found = []
    for image in images:
        for row in range(ROWS):
            for column in range(COLUMNS):
                found.append(
                    [
                        image[channel, PATCH_SIZE * row + y, PATCH_SIZE * column + x]
                        for y in range(PATCH_SIZE)
                        for x in range(PATCH_SIZE)
                        for channel in range(3)
                    ]
                )
    return torch.tensor(found).view(len(images), ROWS * COLUMNS, -1)


@pytest.mark.parametrize('emphasis', [0.0, 0.8])
def test_loss_is_that_of_hidden_normalised_patches(head, seen, mask, emphasis):
    """Without emphasis MAE's loss, patch by patch."""
    head.loss_module.foreground_emphasis = emphasis
    foreground = torch.rand(2, 1, *INPUT_SIZE[::-1])
    encoded = head.encode(seen, mask)
    assert encoded.shape == (2, ROWS * COLUMNS, EMBED_DIMS)
    predicted = head(encoded, mask)
    patches = slow_patches(seen.images)
    shares = foreground.unfold(2, PATCH_SIZE, PATCH_SIZE).unfold(3, PATCH_SIZE, PATCH_SIZE)
    shares = shares.mean((-1, -2)).flatten(1)
    total = weights = 0.0
    for b, position in mask.hidden.nonzero().tolist():
        patch = patches[b, position]
        target = (patch - patch.mean()) / (patch.var() + 1e-6) ** 0.5
        weight = 1 - emphasis + emphasis * shares[b, position]
        total += weight * ((predicted[b, position] - target) ** 2).mean()
        weights += weight
    found = head.loss(encoded, mask, seen.images, foreground)
    torch.testing.assert_close(found, total / weights)


def test_every_token_predicts_its_own_patch(head, mask):
    encoded = torch.randn(2, ROWS * COLUMNS, EMBED_DIMS)
    before = head(encoded, mask)
    encoded[1, 7] += 1
    changed = (head(encoded, mask) != before).any(-1)
    assert changed.nonzero().tolist() == [[1, 7]]


def test_trains_the_backbone_and_the_mask_token(head, seen, mask):
    head.loss(head.encode(seen, mask), mask, seen.images).backward()
    assert head.mask_token.grad.abs().sum() > 0
    for parameter in seen.network.backbone.parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0


def test_the_mask_token_starts_small_and_is_the_heads(head, seen):
    head.init_weights()
    assert 0 < head.mask_token.abs().max() < 0.2
    assert 'mask_token' in head.state_dict()
    assert 'mask_token' not in seen.network.backbone.state_dict()


@pytest.mark.parametrize(
    'wrong', [dict(in_channels=16), dict(patch_size=4), dict(patch_grid=(6, 4))]
)
def test_refuses_other_patches(seen, wrong):
    right = dict(in_channels=EMBED_DIMS, patch_size=PATCH_SIZE, patch_grid=PATCH_GRID)
    SimMIMReconstructionHead(**right).check('mim', seen.network)
    ((key, value),) = wrong.items()
    with pytest.raises(UserError, match=f"'mim'.*{key}=.*the backbone") as caught:
        SimMIMReconstructionHead(**{**right, **wrong}).check('mim', seen.network)
    assert f'{key}={value}' in str(caught.value)
    assert f'{key}={right[key]}' in str(caught.value)
