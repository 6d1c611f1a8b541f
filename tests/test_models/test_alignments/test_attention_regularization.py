import pytest
import torch
from model_factory import (
    PATCH_GRID,
    build_adaptive,
    make_batch,
    part_configs,
    vit_config,
    vit_estimator,
)

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
        part.loss_module(maps[layer][:, :, extra:, extra:], foreground)
        for layer in (0, 1)
    ]
    assert losses[0] != losses[1]
    found = part.loss(observed, view).detach()
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
