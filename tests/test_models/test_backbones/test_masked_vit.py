import pytest
import torch
from mmpose.registry import MODELS
from mmpretrain.models.backbones import VisionTransformer
from model_factory import (
    EMBED_DIMS,
    INPUT_SIZE,
    PATCH_GRID,
    PATCH_SIZE,
    rows_and_columns_apart,
    vit_config,
)

from mmpose_uda import UserError
from mmpose_uda.models.utils import PatchMask, PatchMasking

NUM_PATCHES = PATCH_GRID[0] * PATCH_GRID[1]


def build(**kwargs):
    torch.manual_seed(0)
    model = MODELS.build(vit_config(**kwargs))
    model.eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model


@pytest.fixture(params=['patch', 'conv'])
def stem(request):
    return request.param


@pytest.fixture(params=[False, True], ids=['patches', 'with class token'])
def backbone(request, stem):
    return build(stem=stem, with_cls_token=request.param)


@pytest.fixture
def images():
    torch.manual_seed(1)
    return torch.randn(2, 3, *INPUT_SIZE[::-1])


@pytest.fixture
def mask():
    torch.manual_seed(2)
    return PatchMasking(0.6)(torch.rand(2, PATCH_GRID[0] * PATCH_GRID[1]), PATCH_GRID)


def patch(row, column):
    """The pixels of a patch."""
    y, x = PATCH_SIZE * row, PATCH_SIZE * column
    return (slice(None), slice(y, y + PATCH_SIZE), slice(x, x + PATCH_SIZE))


def encode_slowly(backbone, image, visible):
    """Tokens of one image: blank, embed, choose, transform."""
    image = image.clone()
    for position in range(NUM_PATCHES):
        if position not in visible:
            image[patch(*divmod(position, PATCH_GRID[1]))] = 0
    embedded = backbone.patch_embed(image[None])[0][0]
    extra = backbone.num_extra_tokens
    tokens = [embedded[p] + backbone.pos_embed[0, extra + p] for p in visible]
    if extra:
        tokens.insert(0, backbone.cls_token[0, 0] + backbone.pos_embed[0, 0])
    tokens = torch.stack(tokens)[None]
    for layer in backbone.layers:
        tokens = layer(tokens)
    return backbone.ln1(tokens)[0, extra:]


def test_visible_tokens_equal_a_slow_reference(backbone, images, mask):
    tokens = backbone.forward_visible(images, mask)
    assert tokens.shape == (2, mask.visible.shape[1], EMBED_DIMS)
    for image, visible, found in zip(images, mask.visible.tolist(), tokens):
        expected = encode_slowly(backbone, image, visible)
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_with_nothing_hidden_it_is_the_forward(backbone, images):
    everything = PatchMask(
        torch.arange(NUM_PATCHES).expand(2, -1), torch.zeros(2, NUM_PATCHES).bool()
    )
    tokens = backbone.forward_visible(images, everything)
    featmap = backbone(images)[-1]
    assert featmap.shape == (2, EMBED_DIMS, *PATCH_GRID)
    torch.testing.assert_close(tokens, featmap.flatten(2).mT, atol=1e-5, rtol=1e-4)


def test_hidden_pixels_have_no_influence(backbone, images, mask):
    before = backbone.forward_visible(images, mask)
    changed = images.clone()
    for b, p in mask.hidden.nonzero().tolist():
        where = patch(*divmod(p, PATCH_GRID[1]))
        changed[b][where] = 100 * torch.randn(3, PATCH_SIZE, PATCH_SIZE)
    assert not torch.equal(changed, images)
    assert torch.equal(backbone.forward_visible(changed, mask), before)


def test_visible_pixels_have_influence(backbone, images, mask):
    before = backbone.forward_visible(images, mask)
    for position in mask.visible[0].tolist():
        changed = images.clone()
        changed[0][patch(*divmod(position, PATCH_GRID[1]))] += 1
        after = backbone.forward_visible(changed, mask)
        assert not torch.equal(after[0], before[0])
        assert torch.equal(after[1], before[1])


# ---- mask tokens among all patches (SimMIM) ----------------------------------------


def test_mask_tokens_equal_a_slow_reference(backbone, images, mask):
    mask_token = torch.randn(1, 1, EMBED_DIMS)
    found = backbone.forward_masked(images, mask, mask_token)
    assert found.shape == (2, NUM_PATCHES, EMBED_DIMS)
    extra = backbone.num_extra_tokens
    for b in range(2):
        image = images[b].clone()
        hidden = mask.hidden[b].tolist()
        for position in range(NUM_PATCHES):
            if hidden[position]:
                image[patch(*divmod(position, PATCH_GRID[1]))] = 0
        embedded = backbone.patch_embed(image[None])[0][0]
        tokens = []
        for position in range(NUM_PATCHES):
            token = mask_token[0, 0] if hidden[position] else embedded[position]
            tokens.append(token + backbone.pos_embed[0, extra + position])
        if extra:
            tokens.insert(0, backbone.cls_token[0, 0] + backbone.pos_embed[0, 0])
        tokens = torch.stack(tokens)[None]
        for layer in backbone.layers:
            tokens = layer(tokens)
        expected = backbone.ln1(tokens)[0, extra:]
        torch.testing.assert_close(found[b], expected, atol=1e-5, rtol=1e-4)


def test_hidden_pixels_have_no_influence_on_any_token(backbone, images, mask):
    mask_token = torch.randn(1, 1, EMBED_DIMS)
    before = backbone.forward_masked(images, mask, mask_token)
    for b, p in mask.hidden.nonzero().tolist():
        images[b][patch(*divmod(p, PATCH_GRID[1]))] += 100
    assert torch.equal(backbone.forward_masked(images, mask, mask_token), before)


def test_other_image_sizes(backbone):
    rows, columns = 6, 8
    images = torch.randn(1, 3, rows * PATCH_SIZE, columns * PATCH_SIZE)
    everything = PatchMask(
        torch.arange(rows * columns)[None], torch.zeros(1, rows * columns).bool()
    )
    tokens = backbone.forward_visible(images, everything)
    featmap = backbone(images)[-1]
    torch.testing.assert_close(tokens, featmap.flatten(2).mT, atol=1e-5, rtol=1e-4)


def test_the_linear_stem_is_the_stock_transformer(images):
    config = vit_config(stem='patch', with_cls_token=True)
    for key in ('type', 'stem'):
        config.pop(key)
    stock = VisionTransformer(**config)
    stock.eval()
    ours = build(stem='patch', with_cls_token=True)
    ours.load_state_dict(stock.state_dict(), strict=True)
    assert torch.equal(ours(images)[0], stock(images)[0])


def test_the_grid_is_rows_by_columns(backbone):
    assert backbone.patch_grid == PATCH_GRID
    tokens, grid = backbone.patch_embed(torch.zeros(1, 3, *INPUT_SIZE[::-1]))
    assert tuple(grid) == PATCH_GRID and tokens.shape == (1, NUM_PATCHES, EMBED_DIMS)


def test_positions_start_as_sines_of_row_and_column(backbone):
    backbone.init_weights()
    extra = backbone.num_extra_tokens
    assert rows_and_columns_apart(backbone.pos_embed[0, extra:])
    assert (backbone.pos_embed[0, :extra] == 0).all()
    assert backbone.pos_embed.requires_grad


def test_pretrained_positions_are_kept(tmp_path):
    trained = build(stem='patch')
    torch.save(trained.state_dict(), tmp_path / 'weights.pth')
    pretrained = dict(type='Pretrained', checkpoint=str(tmp_path / 'weights.pth'))
    model = MODELS.build(vit_config(stem='patch', init_cfg=pretrained))
    model.init_weights()
    assert torch.equal(model.pos_embed, trained.pos_embed)


def test_refuses_unknown_stems():
    with pytest.raises(UserError, match="stem must be 'patch', 'conv' or .*, not 'cnov'"):
        build(stem='cnov')


def test_a_list_of_initialisations(tmp_path):
    """As mmengine takes them; a file among them brings its own positions."""
    normal = dict(type='TruncNormal', layer='Linear', std=0.5)
    drawn = MODELS.build(vit_config(stem='patch', init_cfg=[normal]))
    drawn.init_weights()
    sines = MODELS.build(vit_config(stem='patch'))
    sines.init_weights()
    assert torch.equal(drawn.pos_embed, sines.pos_embed)
    path = tmp_path / 'vit.pth'
    state = {'pos_embed': torch.ones_like(drawn.pos_embed)}
    torch.save(dict(state_dict=state), path)
    pretrained = dict(type='Pretrained', checkpoint=str(path))
    loaded = MODELS.build(vit_config(stem='patch', init_cfg=[normal, pretrained]))
    loaded.init_weights()
    assert (loaded.pos_embed == 1).all()
