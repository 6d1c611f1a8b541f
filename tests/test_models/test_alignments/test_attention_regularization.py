import pytest
import torch
from mmengine.runner import load_checkpoint, save_checkpoint
from model_factory import (
    PATCH_GRID,
    build_adaptive,
    equal_states,
    losses_of,
    make_batch,
    part_configs,
    vit_config,
    vit_estimator,
)

from mmpose_uda import UserError
from mmpose_uda.models.utils import capture_attention, pool_to_patches

NUM_PATCHES = PATCH_GRID[0] * PATCH_GRID[1]


@pytest.fixture(params=[False, True], ids=['patches', 'with class token'])
def model(request):
    backbone = vit_config(with_cls_token=request.param)
    return build_adaptive(estimator=vit_estimator(backbone=backbone))


@pytest.fixture
def observed(model):
    return model.observe(**model.data_preprocessor(make_batch(), training=True))


@pytest.mark.parametrize('view', ['source', 'target_student'])
def test_mean_over_the_layers(model, observed, view):
    part = model.alignments['attention']
    backbone = model.student.backbone
    with torch.no_grad(), capture_attention(backbone, [0, 1]) as maps:
        backbone(observed[view].images)
    foreground = pool_to_patches(observed.foreground(view), PATCH_GRID)
    extra = backbone.num_extra_tokens
    losses = [
        part.loss_module(maps[layer][:, :, extra:, extra:], foreground) for layer in (0, 1)
    ]
    assert losses[0] != losses[1]
    found = part.foreground_loss(observed, view).detach()
    torch.testing.assert_close(found, sum(losses) / 2)
    both = part(observed)
    torch.testing.assert_close(both[f'loss_{view}'].detach(), found)
    assert set(both) == {'loss_source', 'loss_target_student'}


def test_attention_that_patches_receive(model, observed):
    part = model.alignments['attention']
    received = part.received(observed, 'source', 1)
    assert received.shape == (2, *PATCH_GRID)
    attention = observed['source'].attention[1]
    extra = model.student.backbone.num_extra_tokens
    for row in range(PATCH_GRID[0]):
        for column in range(PATCH_GRID[1]):
            patch = extra + row * PATCH_GRID[1] + column
            expected = attention[:, :, extra:, patch].mean((1, 2))
            torch.testing.assert_close(received[:, row, column], expected)


def test_views_and_layers_that_it_asks_for():
    config = part_configs()['attention']
    source = build_adaptive(alignments=dict(a=dict(config, views=['source'])))
    source.set_phase(['a'])
    assert source.required_views == {'source'}
    target = build_adaptive(
        alignments=dict(a=dict(config, views=['target_student'], layers=[1]))
    )
    assert target.alignments['a'].attention_layers == (1,)
    target.set_phase(['a'])
    assert target.required_views == {'target_student', 'target_teacher'}


def test_layers_of_inactive_parts_are_not_recorded(model):
    model.set_phase(['supervised'])
    batch = model.data_preprocessor(make_batch(), training=True)
    assert model.observe(**batch)['source'].attention == {}


# ---- agreement of layers, closeness to the pre-trained backbone --------------------


def build_terms(seed=0, depth=3, with_cls_token=True, **kwargs):
    """A model of ``depth`` layers whose only part is an attention regularisation."""
    arch = dict(embed_dims=32, num_layers=depth, num_heads=4, feedforward_channels=64)
    backbone = vit_config(arch=arch, with_cls_token=with_cls_token)
    attention = {**dict(type='AttentionRegularization', layers=[0, 2]), **kwargs}
    return build_adaptive(
        seed,
        estimator=vit_estimator(backbone=backbone),
        alignments=dict(attention=attention),
    )


def attention_maps(backbone, images, layers):
    with torch.no_grad(), capture_attention(backbone, layers) as maps:
        backbone(images)
    return maps


def kl(first, second):
    return (first * (first / second).log()).sum(-1)


def symmetric_kl(first, second):
    """Mean over the queries of maps [..., L, L]."""
    return (kl(first, second) + kl(second, first)).mean() / 2


def source_images(model, seed=0):
    return model.data_preprocessor(make_batch(seed=seed), training=True)['inputs']['source']


@pytest.mark.parametrize('with_cls_token', [False, True])
def test_agreement_of_neighbouring_layers(with_cls_token):
    model = build_terms(
        with_cls_token=with_cls_token,
        layers=[2, 0, 1],
        foreground_weight=0,
        agreement_weight=0.5,
    )
    losses = losses_of(model, make_batch())
    maps = attention_maps(model.student.backbone, source_images(model), [0, 1, 2])
    heads = [maps[i].mean(1) for i in range(3)]
    expected = (symmetric_kl(heads[0], heads[1]) + symmetric_kl(heads[1], heads[2])) / 2
    found = losses['attention/loss_agreement_source']
    torch.testing.assert_close(found.detach(), 0.5 * expected, atol=1e-7, rtol=1e-4)
    assert set(losses) == {
        'loss_kpt',
        'attention/loss_agreement_source',
        'attention/loss_agreement_target_student',
    }


def test_closeness_to_the_backbone_of_the_first_step():
    model = build_terms(foreground_weight=0, pretrained_weight=2)
    model.set_phase(['attention'])
    first = losses_of(model, make_batch())['attention/loss_pretrained_source']
    assert first.abs() < 1e-6
    before = attention_maps(model.student.backbone, source_images(model), [0, 2])
    with torch.no_grad():
        for parameter in model.student.backbone.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    after = attention_maps(model.student.backbone, source_images(model), [0, 2])
    # per head: heads of one origin correspond
    expected = (symmetric_kl(before[0], after[0]) + symmetric_kl(before[2], after[2])) / 2
    found = losses_of(model, make_batch())['attention/loss_pretrained_source']
    assert found > 1e-3
    torch.testing.assert_close(found.detach(), 2 * expected, atol=1e-7, rtol=1e-3)


def test_the_copy_is_taken_when_the_part_begins():
    """Its first use ends the pre-training, whatever happened before."""
    model = build_terms(foreground_weight=0, pretrained_weight=1)
    model.set_phase(['supervised'])
    losses_of(model, make_batch())
    copy = model.alignments['attention'].pretrained
    assert not copy.taken
    with torch.no_grad():
        model.student.backbone.pos_embed.add_(1)
    model.set_phase(['supervised', 'attention'])
    losses_of(model, make_batch())
    assert copy.taken
    student = model.student.backbone.state_dict()
    assert equal_states(copy.backbone.state_dict(), student)


def step(model, optimizer, seed):
    losses = losses_of(model, make_batch(seed=seed), seed=seed)
    optimizer.zero_grad()
    sum(value for key, value in losses.items() if 'loss' in key).backward()
    optimizer.step()


def test_a_resumed_run_goes_on_with_the_same_copy(tmp_path):
    def begin(seed):
        model = build_terms(seed, foreground_weight=0, pretrained_weight=1)
        return model, torch.optim.SGD(model.parameters(), lr=0.1)

    model, optimizer = begin(seed=0)
    step(model, optimizer, 0)
    path = str(tmp_path / 'run.pth')
    save_checkpoint(dict(state_dict=model.state_dict()), path)
    step(model, optimizer, 1)

    resumed, optimizer = begin(seed=1)
    load_checkpoint(resumed, path, strict=True)
    step(resumed, optimizer, 1)
    assert equal_states(resumed.state_dict(), model.state_dict())


@pytest.mark.parametrize('term', ['foreground', 'agreement', 'pretrained'])
def test_gradient_of_every_term_reaches_the_encoder(term):
    weights = dict(foreground_weight=0, agreement_weight=0, pretrained_weight=0)
    weights[f'{term}_weight'] = 1
    model = build_terms(**weights)
    model.set_phase(['attention'])
    losses_of(model, make_batch())  # takes the copy, to which the distance is then not 0
    with torch.no_grad():
        for parameter in model.student.backbone.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    losses = losses_of(model, make_batch())
    assert len(losses) == 2
    sum(losses.values()).backward()
    for layer in (0, 2):
        gradient = model.student.backbone.layers[layer].attn.qkv.weight.grad
        assert gradient.abs().sum() > 0
    assert model.student.backbone.pos_embed.grad.abs().sum() > 0


def test_terms_of_weight_zero_cost_nothing(model):
    assert model.alignments['attention'].views[-1] == 'target_teacher'
    assert not hasattr(model.alignments['attention'], 'pretrained')
    without = build_adaptive(
        foreground_head=None,
        alignments=dict(
            attention=dict(
                type='AttentionRegularization',
                layers=[0, 1],
                foreground_weight=0,
                agreement_weight=1,
            )
        ),
    )
    without.set_phase(['attention'])
    assert without.required_views == {'source', 'target_student'}
    assert len(losses_of(without, make_batch(foreground=False))) == 2


def test_refuses_agreement_of_one_layer():
    with pytest.raises(UserError, match="'attention'.*agreement_weight.*two layers"):
        build_terms(layers=[1], agreement_weight=1)


def test_refuses_to_do_nothing():
    with pytest.raises(UserError, match='one of foreground_weight, agreement_weight'):
        build_terms(foreground_weight=0)
