"""Published checkpoints, imitated with their names and shapes at a small size."""

import pytest
import torch
from mmengine.logging import MMLogger
from mmpose.registry import MODELS
from model_factory import build_adaptive, equal_states
from torch.nn import functional as F

from mmpose_uda import UserError

WIDTH, HIDDEN, DEPTH, PATCH = 32, 64, 2, 8
MAE_GRID, VITPOSE_GRID = (7, 7), (8, 6)
CLASS = dict(with_cls_token=True, out_type='cls_token')


def build(grid, padding=0, **kwargs):
    arch = dict(
        embed_dims=WIDTH, num_layers=DEPTH, num_heads=4, feedforward_channels=HIDDEN
    )
    config = dict(
        type='MaskedVisionTransformer',
        arch=arch,
        img_size=(grid[0] * PATCH, grid[1] * PATCH),
        patch_size=PATCH,
        patch_cfg=dict(padding=padding),
        with_cls_token=False,
        out_type='featmap',
    )
    model = MODELS.build({**config, **kwargs})
    model.eval()
    return model


def linear(state, name, rows, columns):
    state[f'{name}.weight'] = torch.randn(rows, columns)
    state[f'{name}.bias'] = torch.randn(rows)


def norm(state, name, width=WIDTH):
    state[f'{name}.weight'], state[f'{name}.bias'] = torch.randn(2, width)


def block(state, name, width=WIDTH, hidden=HIDDEN):
    """A layer as timm, and so MAE and ViTPose, call its weights."""
    norm(state, f'{name}.norm1', width)
    linear(state, f'{name}.attn.qkv', 3 * width, width)
    linear(state, f'{name}.attn.proj', width, width)
    norm(state, f'{name}.norm2', width)
    linear(state, f'{name}.mlp.fc1', hidden, width)
    linear(state, f'{name}.mlp.fc2', width, hidden)


def timm_encoder(positions, last='norm'):
    state = dict(pos_embed=torch.randn(1, positions, WIDTH))
    state['patch_embed.proj.weight'] = torch.randn(WIDTH, 3, PATCH, PATCH)
    state['patch_embed.proj.bias'] = torch.randn(WIDTH)
    for i in range(DEPTH):
        block(state, f'blocks.{i}')
    norm(state, last)
    return state


def mmpretrain_encoder(positions):
    state = dict(pos_embed=torch.randn(1, positions, WIDTH))
    state['patch_embed.projection.weight'] = torch.randn(WIDTH, 3, PATCH, PATCH)
    state['patch_embed.projection.bias'] = torch.randn(WIDTH)
    for i in range(DEPTH):
        norm(state, f'layers.{i}.ln1')
        linear(state, f'layers.{i}.attn.qkv', 3 * WIDTH, WIDTH)
        linear(state, f'layers.{i}.attn.proj', WIDTH, WIDTH)
        norm(state, f'layers.{i}.ln2')
        linear(state, f'layers.{i}.ffn.layers.0.0', HIDDEN, WIDTH)
        linear(state, f'layers.{i}.ffn.layers.1', WIDTH, HIDDEN)
    norm(state, 'ln1')
    return state


def inside(state, **others):
    """Names of an encoder in a whole model."""
    return {**{f'backbone.{name}': value for name, value in state.items()}, **others}


def mae():
    """mae_pretrain_vit_base.pth of facebookresearch/mae."""
    return dict(timm_encoder(1 + 49), cls_token=torch.randn(1, 1, WIDTH))


def mae_with_decoder():
    """mae_pretrain_vit_base_full.pth: the decoder is in it."""
    state = dict(mae(), mask_token=torch.randn(1, 1, 16))
    state['decoder_pos_embed'] = torch.randn(1, 1 + 49, 16)
    linear(state, 'decoder_embed', 16, WIDTH)
    block(state, 'decoder_blocks.0', 16, 32)
    norm(state, 'decoder_norm', 16)
    linear(state, 'decoder_pred', 3 * PATCH**2, 16)
    return state


def mae_fine_tuned():
    """A classifier of facebookresearch/mae."""
    state = mae()
    linear(state, 'head', 10, WIDTH)
    return state


def mae_of_mmpretrain():
    """A self-supervised model of mmpretrain, with its decoder."""
    state = dict(mmpretrain_encoder(1 + 49), cls_token=torch.randn(1, 1, WIDTH))
    others = {'neck.mask_token': torch.randn(1, 1, 16)}
    linear(others, 'neck.decoder_layers.0.attn.qkv', 48, 16)
    return inside(state, **others)


def vitpose():
    """ViTPose's own repository: no class token, but its position."""
    state = inside(timm_encoder(1 + 48, last='last_norm'))
    linear(state, 'keypoint_head.final_layer', 17, 256)
    return state


def vitpose_of_mmpose():
    """td-hm_ViTPose of mmpose 1.x."""
    state = inside(mmpretrain_encoder(48))
    linear(state, 'head.final_layer', 17, 256)
    return state


SOURCES = dict(
    mae=mae,
    mae_with_decoder=mae_with_decoder,
    mae_fine_tuned=mae_fine_tuned,
    mae_of_mmpretrain=mae_of_mmpretrain,
    vitpose=vitpose,
    vitpose_of_mmpose=vitpose_of_mmpose,
)
OURS = {  # name in mmpretrain -> in timm
    'layers.{}.ln1': 'blocks.{}.norm1',
    'layers.{}.attn.qkv': 'blocks.{}.attn.qkv',
    'layers.{}.attn.proj': 'blocks.{}.attn.proj',
    'layers.{}.ln2': 'blocks.{}.norm2',
    'layers.{}.ffn.layers.0.0': 'blocks.{}.mlp.fc1',
    'layers.{}.ffn.layers.1': 'blocks.{}.mlp.fc2',
}


def look_up(state, name):
    """Value of one of our names in a checkpoint, whatever it is called there."""
    candidates = [name]
    for i in range(DEPTH):
        for ours, timms in OURS.items():
            start = ours.format(i) + '.'
            if name.startswith(start):
                candidates.append(timms.format(i) + '.' + name[len(start) :])
    ending = name.split('.')[-1]
    if name.startswith('ln1.'):
        candidates += [f'norm.{ending}', f'last_norm.{ending}']
    if name.startswith('patch_embed.projection.'):
        candidates.append(f'patch_embed.proj.{ending}')
    (found,) = [
        state[prefix + candidate]
        for candidate in candidates
        for prefix in ('', 'backbone.')
        if prefix + candidate in state
    ]
    return found


def expected_positions(source, state, grid, with_cls_token):
    """Positions that the network should have, computed apart."""
    position = look_up(state, 'pos_embed')[0]
    square = not source.startswith('vitpose')
    rows, columns = MAE_GRID if square else VITPOSE_GRID
    first = position[:1]
    if source == 'vitpose':
        position = torch.stack([row + first[0] for row in position[1:]])
    elif square:
        position = position[1:]
    if grid != (rows, columns):
        planes = position.T.reshape(1, WIDTH, rows, columns)
        planes = F.interpolate(planes, grid, mode='bicubic', align_corners=False)
        position = planes[0].flatten(1).T
    return torch.cat([first, position])[None] if with_cls_token else position[None]


def check_loaded(model, source, state, grid, with_cls_token):
    loaded = model.state_dict()
    assert ('cls_token' in loaded) == with_cls_token
    for name, value in loaded.items():
        if name == 'pos_embed':
            expected = expected_positions(source, state, grid, with_cls_token)
            torch.testing.assert_close(value, expected, atol=1e-6, rtol=1e-5)
        else:
            assert torch.equal(value, look_up(state, name)), name


@pytest.mark.parametrize('grid', [MAE_GRID, VITPOSE_GRID, (4, 5), (16, 12)], ids=str)
@pytest.mark.parametrize('source', SOURCES)
def test_every_weight_finds_its_place(source, grid):
    torch.manual_seed(0)
    state = SOURCES[source]()
    before = {name: value.clone() for name, value in state.items()}
    model = build(grid, padding=2 if source.startswith('vitpose') else 0)
    # strict: nothing missing, nothing unexpected
    model.load_state_dict(state, strict=True)
    check_loaded(model, source, state, grid, with_cls_token=False)
    assert equal_states(state, before)
    assert model(torch.randn(1, 3, *model.img_size))[0].shape[-2:] == grid


@pytest.mark.parametrize('grid', [MAE_GRID, (4, 5)], ids=str)
@pytest.mark.parametrize('source', [s for s in SOURCES if s.startswith('mae')])
def test_class_tokens_find_their_place(source, grid):
    torch.manual_seed(0)
    state = SOURCES[source]()
    model = build(grid, **CLASS)
    model.load_state_dict(state, strict=True)
    check_loaded(model, source, state, grid, with_cls_token=True)


@pytest.mark.parametrize('source', SOURCES)
def test_a_config_names_the_file(source, tmp_path, monkeypatch):
    torch.manual_seed(0)
    state = SOURCES[source]()
    # facebookresearch calls the state dict 'model', OpenMMLab 'state_dict'
    key = 'model' if source in ('mae', 'mae_with_decoder') else 'state_dict'
    torch.save({key: state}, tmp_path / 'weights.pth')
    lines = []
    monkeypatch.setattr(
        MMLogger.get_current_instance(), 'handle', lambda r: lines.append(r.getMessage())
    )
    pretrained = dict(type='Pretrained', checkpoint=str(tmp_path / 'weights.pth'))
    model = build((4, 5), init_cfg=pretrained)
    model.init_weights()
    check_loaded(model, source, state, (4, 5), with_cls_token=False)
    log = '\n'.join(lines)
    assert 'load model from' in log
    assert 'missing keys' not in log and 'unexpected key' not in log


@pytest.mark.parametrize(
    'source, parts',
    [
        (mae, 'cls_token'),
        (mae_fine_tuned, 'cls_token, head'),
        (vitpose, 'keypoint_head'),
        (mae_of_mmpretrain, 'cls_token, neck'),
        (
            mae_with_decoder,
            'cls_token, decoder_blocks, decoder_embed, decoder_norm, decoder_pos_embed, '
            'decoder_pred, mask_token',
        ),
    ],
)
def test_what_is_left_out_is_named(source, parts, monkeypatch):
    lines = []
    monkeypatch.setattr(
        'mmpose_uda.models.backbones.masked_vit.print_log',
        lambda line, logger: lines.append(line),
    )
    build(MAE_GRID).load_state_dict(source())
    (line,) = lines
    assert line.endswith(f'do not belong to the encoder: {parts}.')


def test_weights_that_are_missing_are_still_missed():
    state = mae()
    del state['blocks.1.mlp.fc1.bias']
    state['blocks.2.norm1.weight'] = torch.ones(WIDTH)
    found = build(MAE_GRID).load_state_dict(state, strict=False)
    assert found.missing_keys == ['layers.1.ffn.layers.0.0.bias']
    assert found.unexpected_keys == ['layers.2.ln1.weight']


def test_the_network_computes_what_vitpose_computes():
    """A forward by hand from a checkpoint, as in ViTPose's vit.py."""
    torch.manual_seed(0)
    state = {name: 0.1 * value for name, value in vitpose().items()}
    model = build(VITPOSE_GRID, padding=2)
    model.load_state_dict(state, strict=True)
    images = torch.randn(2, 3, 64, 48)
    of = {name.removeprefix('backbone.'): value for name, value in state.items()}
    stem = (of['patch_embed.proj.weight'], of['patch_embed.proj.bias'])
    x = F.conv2d(images, *stem, stride=PATCH, padding=2).flatten(2).mT
    x = x + of['pos_embed'][:, 1:] + of['pos_embed'][:, :1]

    def apply(function, x, name, *args):
        return function(x, *args, of[f'{name}.weight'], of[f'{name}.bias'])

    def normalise(x, name):
        weight, bias = of[f'{name}.weight'], of[f'{name}.bias']
        return F.layer_norm(x, (WIDTH,), weight, bias, 1e-6)

    for i in range(DEPTH):
        name = f'blocks.{i}'
        qkv = apply(F.linear, normalise(x, f'{name}.norm1'), f'{name}.attn.qkv')
        q, k, v = qkv.unflatten(-1, (3, 4, WIDTH // 4)).permute(2, 0, 3, 1, 4)
        attention = (q @ k.mT * (WIDTH // 4) ** -0.5).softmax(-1)
        mixed = (attention @ v).transpose(1, 2).flatten(2)
        x = x + apply(F.linear, mixed, f'{name}.attn.proj')
        hidden = apply(F.linear, normalise(x, f'{name}.norm2'), f'{name}.mlp.fc1')
        x = x + apply(F.linear, F.gelu(hidden), f'{name}.mlp.fc2')
    expected = normalise(x, 'last_norm').mT.unflatten(2, VITPOSE_GRID)
    torch.testing.assert_close(model(images)[0], expected, atol=1e-5, rtol=1e-4)


def test_a_whole_estimator_finds_its_backbone():
    model = build_adaptive().student
    state = dict(model.state_dict())
    renamed = {
        name.replace('backbone.ln1', 'backbone.last_norm'): value
        for name, value in state.items()
    }
    position = renamed['backbone.pos_embed']
    renamed['backbone.pos_embed'] = torch.cat([0 * position[:, :1], position], dim=1)
    model.load_state_dict(renamed, strict=True)
    assert equal_states(model.state_dict(), state)


def test_states_of_this_package_are_left_alone():
    first, second = build_adaptive(seed=0), build_adaptive(seed=1)
    second.load_state_dict(first.state_dict(), strict=True)
    assert equal_states(first.state_dict(), second.state_dict())


def test_refuses_grids_that_cannot_be_told():
    state = dict(mmpretrain_encoder(40))
    with pytest.raises(UserError, match='40 positions of the checkpoint fit neither'):
        build(MAE_GRID).load_state_dict(state)


def test_refuses_a_class_token_that_the_checkpoint_has_not():
    with pytest.raises(UserError, match='48 positions .* set .* with_cls_token'):
        build(MAE_GRID, **CLASS).load_state_dict(vitpose())
