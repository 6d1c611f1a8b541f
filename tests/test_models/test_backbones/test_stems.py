import pytest
import torch
from mmpose.registry import MODELS
from model_factory import EMBED_DIMS, INPUT_SIZE, PATCH_GRID, PATCH_SIZE, vit_config
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.models.backbones import BackboneStem, ConvStem
from mmpose_uda.models.utils import PatchMasking, batch_norm_layers

HEIGHT_WIDTH = INPUT_SIZE[::-1]
RESNET = dict(type='ResNet', depth=18, stem_channels=8, base_channels=8, out_indices=(1,))


def test_the_convolutional_stem_keeps_no_statistics():
    stem = ConvStem(HEIGHT_WIDTH, PATCH_SIZE, EMBED_DIMS)
    images = torch.randn(4, 3, *HEIGHT_WIDTH)
    stem.train()
    together = stem(images)[0]
    stem.eval()
    alone = torch.cat([stem(image[None])[0] for image in images])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)
    assert not list(stem.buffers())


@pytest.mark.parametrize('width, stride', [(40, 8), (96, 8), (160, 16), (192, 16)])
def test_the_convolutional_stem_of_any_width(width, stride):
    stem = ConvStem((32, 48), stride, width)
    tokens, grid = stem(torch.randn(1, 3, 32, 48))
    assert tuple(grid) == (32 // stride, 48 // stride) == stem.init_out_size
    assert tokens.shape == (1, grid[0] * grid[1], width)


def test_refuses_strides_that_convolutions_do_not_make():
    with pytest.raises(UserError, match='patch_size must be a power of two, not 6'):
        ConvStem((36, 48), 6, EMBED_DIMS)


def test_a_token_of_a_backbone_is_a_cell_of_its_last_map():
    stem = BackboneStem(HEIGHT_WIDTH, PATCH_SIZE, EMBED_DIMS, RESNET).eval()
    images = torch.randn(2, 3, *HEIGHT_WIDTH)
    tokens, grid = stem(images)
    assert tuple(grid) == PATCH_GRID == stem.init_out_size
    feature = stem.backbone(images)[-1]
    weight = stem.projection.weight[:, :, 0, 0]
    for row in range(grid[0]):
        for column in range(grid[1]):
            wanted = feature[:, :, row, column] @ weight.T + stem.projection.bias
            found = tokens[:, row * grid[1] + column]
            torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)


def test_a_backbone_is_built_ready_for_training():
    stem = BackboneStem(HEIGHT_WIDTH, PATCH_SIZE, EMBED_DIMS, RESNET)
    assert all(module.training for module in stem.modules())
    (first, *_) = batch_norm_layers(stem)
    assert (first.running_mean == 0).all() and first.num_batches_tracked == 0


def test_refuses_a_backbone_of_another_stride():
    with pytest.raises(UserError, match='The stem ResNet makes .* change patch_size'):
        BackboneStem(HEIGHT_WIDTH, 2 * PATCH_SIZE, EMBED_DIMS, RESNET)


@pytest.mark.parametrize('way', ['forward_visible', 'forward_masked'])
def test_masked_images_train_the_projection_alone(way):
    model = MODELS.build(vit_config(stem=RESNET))
    images = torch.randn(2, 3, *HEIGHT_WIDTH)
    mask = PatchMasking(0.5)(torch.rand(2, PATCH_GRID[0] * PATCH_GRID[1]), PATCH_GRID)
    token = (nn.Parameter(torch.zeros(1, 1, EMBED_DIMS)),) if 'masked' in way else ()
    tokens = getattr(model, way)(images, mask, *token)
    for layer in batch_norm_layers(model):
        assert layer.num_batches_tracked == 0 and (layer.running_mean == 0).all()
    tokens.sum().backward()
    assert model.patch_embed.projection.weight.grad.abs().sum() > 0
    assert all(p.grad is None for p in model.patch_embed.backbone.parameters())


def test_blanked_images_have_the_same_tokens():
    stem = BackboneStem(HEIGHT_WIDTH, PATCH_SIZE, EMBED_DIMS, RESNET).eval()
    images = torch.randn(2, 3, *HEIGHT_WIDTH)
    torch.testing.assert_close(stem.embed_blanked(images)[0], stem(images)[0])


def test_finer_maps_pass_the_transformer_by():
    stem = dict(RESNET, out_indices=(0, 1))
    model = MODELS.build(vit_config(stem=stem, finer_maps=True))
    alone = MODELS.build(vit_config(stem=stem))
    alone.load_state_dict(model.state_dict())
    model.eval(), alone.eval()
    images = torch.randn(2, 3, *HEIGHT_WIDTH)
    finer, coarse = model(images)
    torch.testing.assert_close(finer, model.patch_embed.backbone(images)[0])
    assert finer.shape[2:] == tuple(2 * side for side in PATCH_GRID)
    torch.testing.assert_close(alone(images), (coarse,))
    assert len(model(images)) == 2  # not those of passes before


@pytest.mark.parametrize(
    'options', [dict(stem='patch'), dict(stem=RESNET, out_type='avg_featmap')]
)
def test_refuses_finer_maps_of_what_has_none(options):
    with pytest.raises(UserError, match='finer_maps=True requires a backbone as the stem'):
        MODELS.build(vit_config(finer_maps=True, **options))
