import pytest
import torch
from mmpretrain.models.heads import MAEPretrainHead
from model_factory import (
    EMBED_DIMS,
    INPUT_SIZE,
    PATCH_GRID,
    PATCH_SIZE,
    rows_and_columns_apart,
)
from torch.nn import functional as F

from mmpose_uda.models.heads import ForegroundReconstructionHead
from mmpose_uda.models.utils import PatchMask, PatchMasking

ROWS, COLUMNS = PATCH_GRID


@pytest.fixture
def head():
    torch.manual_seed(0)
    head = ForegroundReconstructionHead(
        EMBED_DIMS, PATCH_SIZE, PATCH_GRID, embed_dims=16, num_heads=2
    )
    head.mask_token.data.normal_()
    return head.eval()


@pytest.fixture
def images():
    torch.manual_seed(1)
    return torch.randn(2, 3, *INPUT_SIZE[::-1]) * 2 + 1


@pytest.fixture
def mask():
    torch.manual_seed(2)
    return PatchMasking(0.5)(torch.rand(2, PATCH_GRID[0] * PATCH_GRID[1]), PATCH_GRID)


def loop_patches(images):
    """[B, L, D], values in the order row, column, channel."""
    patches = torch.zeros(2, ROWS * COLUMNS, PATCH_SIZE * PATCH_SIZE * 3)
    for row in range(ROWS):
        for column in range(COLUMNS):
            for y in range(PATCH_SIZE):
                for x in range(PATCH_SIZE):
                    for channel in range(3):
                        patches[
                            :,
                            row * COLUMNS + column,
                            (y * PATCH_SIZE + x) * 3 + channel,
                        ] = images[
                            :, channel, row * PATCH_SIZE + y, column * PATCH_SIZE + x
                        ]
    return patches


def test_normalised_patches_equal_a_loop(head, images):
    patches = loop_patches(images)
    normalised, mean, deviation = head.normalised_patches(images)
    torch.testing.assert_close(mean, patches.mean(-1, keepdim=True))
    torch.testing.assert_close(deviation, patches.std(-1, keepdim=True))
    torch.testing.assert_close(normalised, (patches - mean) / deviation)


def test_targets_are_those_of_mae(images):
    """mmpretrain's MAE, which takes square images alone, on textured to flat patches."""
    head = ForegroundReconstructionHead(EMBED_DIMS, PATCH_SIZE, (2, 2), 16, num_heads=2)
    size = 2 * PATCH_SIZE
    contrast = torch.logspace(-4, 1, 6).view(-1, 1, 1, 1)
    square = 0.5 + contrast * torch.randn(6, 3, size, size, dtype=torch.float64)
    mae = MAEPretrainHead(
        loss=dict(type='mmpretrain.PixelReconstructionLoss', criterion='L2'),
        norm_pix=True,
        patch_size=PATCH_SIZE,
    )
    expected = mae.construct_target(square)
    found, _, _ = head.normalised_patches(square)
    torch.testing.assert_close(found, expected)
    mask = PatchMasking(0.5)(torch.rand(6, 4), (2, 2))
    predicted = torch.randn_like(expected)
    torch.testing.assert_close(
        head.loss_module(predicted, found, mask.hidden),
        mae.loss(predicted, square, mask.hidden.double()),
    )


def test_flat_patches_are_zero(head):
    flat = torch.full((1, 3, *INPUT_SIZE[::-1]), 0.7)
    normalised, _, _ = head.normalised_patches(flat)
    assert normalised.abs().max() < 1e-3


def test_to_images_undoes_the_patches(head, images):
    assert torch.equal(head.to_images(loop_patches(images)), images)
    normalised, mean, deviation = head.normalised_patches(images)
    torch.testing.assert_close(head.to_images(normalised * deviation + mean), images)


def test_visible_tokens_are_decoded_at_their_places(head, mask):
    visible = torch.randn(2, mask.visible.shape[1], EMBED_DIMS)
    found = head(visible, mask)
    assert found.shape == (2, ROWS * COLUMNS, 3 * PATCH_SIZE**2)
    for b in range(2):
        order = mask.visible[b].tolist()
        tokens = []
        for position in range(ROWS * COLUMNS):
            token = head.mask_token[0, 0]
            if position in order:
                token = head.embed(visible[b, order.index(position)])
            tokens.append(token + head.position[0, position])
        tokens = torch.stack(tokens)[None]
        for layer in head.layers:
            tokens = layer(tokens)
        expected = head.to_pixels(head.norm(tokens))[0]
        torch.testing.assert_close(found[b], expected, atol=1e-5, rtol=1e-4)


def test_positions_tell_rows_from_columns(head):
    position = head.position[0]
    assert position.shape == (ROWS * COLUMNS, 16)
    assert rows_and_columns_apart(position)
    assert 'position' not in head.state_dict()


@pytest.mark.parametrize('emphasis', [0.0, 0.8])
def test_loss_of_normalised_hidden_patches(head, images, mask, emphasis):
    head.loss_module.foreground_emphasis = emphasis
    foreground = torch.rand(2, 1, *INPUT_SIZE[::-1])
    visible = torch.randn(2, mask.visible.shape[1], EMBED_DIMS)
    patches = loop_patches(images)
    variance, mean = torch.var_mean(patches, dim=-1, keepdim=True)
    target = (patches - mean) / (variance + 1e-6) ** 0.5
    error = (head(visible, mask) - target).square().mean(-1)
    share = F.avg_pool2d(foreground, PATCH_SIZE).flatten(1)
    weight = mask.hidden * (1 - emphasis + emphasis * share)
    expected = (weight * error).sum() / weight.sum()
    loss = head.loss(visible, mask, images, foreground)
    torch.testing.assert_close(loss, expected)


def test_loss_does_not_look_at_visible_patches(head, images, mask):
    visible = torch.randn(2, mask.visible.shape[1], EMBED_DIMS)
    before = head.loss(visible, mask, images)
    shown = head.to_images((~mask.hidden)[..., None].expand(-1, -1, 192))
    noise = torch.rand_like(images)
    assert head.loss(visible, mask, images + 5 * shown * noise) == before
    assert head.loss(visible, mask, images + 5 * noise) != before


def test_trains_on_tokens_and_mask_token(head, images, mask):
    visible = torch.randn(2, mask.visible.shape[1], EMBED_DIMS, requires_grad=True)
    head.loss(visible, mask, images).backward()
    assert visible.grad.abs().sum() > 0 and head.mask_token.grad.abs().sum() > 0


def test_a_mask_may_hide_any_patch(head):
    visible = torch.tensor([[5], [0]])
    hidden = torch.ones(2, ROWS * COLUMNS, dtype=torch.bool).scatter_(1, visible, False)
    decoded = head(torch.randn(2, 1, EMBED_DIMS), PatchMask(visible, hidden))
    assert decoded.isfinite().all()
