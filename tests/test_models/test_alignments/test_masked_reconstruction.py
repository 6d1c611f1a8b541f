import pytest
import torch
from model_factory import (
    EMBED_DIMS,
    PATCH_GRID,
    PATCH_SIZE,
    build_adaptive,
    losses_of,
    make_batch,
    part_configs,
    resnet_estimator,
)

from mmpose_uda import UserError
from mmpose_uda.models.utils import PatchMask


@pytest.fixture(scope='module')
def model():
    return build_adaptive()


@pytest.fixture
def part(model):
    return model.alignments['reconstruction']


@pytest.fixture
def observed(model):
    return model.observe(**model.data_preprocessor(make_batch(), training=True))


class FixedMask(torch.nn.Module):
    """Hides the patches of the middle rows, and remembers the foregrounds it is told."""

    def __init__(self):
        super().__init__()
        self.foregrounds = []

    def forward(self, lots, grid, foreground=None):
        assert grid == PATCH_GRID
        batch_size = len(lots)
        self.foregrounds.append(foreground)
        hidden = torch.zeros(batch_size, *grid, dtype=torch.bool)
        hidden[:, 1:3] = True
        hidden = hidden.flatten(1)
        visible = (~hidden).nonzero()[:, 1].view(batch_size, -1)
        self.mask = PatchMask(visible, hidden)
        return self.mask


@pytest.fixture
def masking(part, monkeypatch):
    fixed = FixedMask()
    monkeypatch.setitem(part._modules, 'masking', fixed)
    return fixed


@pytest.mark.parametrize('view', ['source', 'target_student'])
def test_loss_of_a_view(model, part, observed, masking, view):
    loss = part(observed)[f'loss_{view}']
    foreground = observed.foreground(view)
    place = part.reconstructed.index(view)
    assert masking.foregrounds[place] is foreground
    images = observed[view].images
    tokens = model.student.backbone.forward_visible(images, masking.mask)
    expected = part.head.loss(tokens, masking.mask, images, foreground)
    torch.testing.assert_close(loss, expected)


def test_both_domains_have_a_loss(model):
    model.set_phase(['reconstruction'])
    assert set(losses_of(model, make_batch())) == {
        'reconstruction/loss_source',
        'reconstruction/loss_target_student',
    }


def test_plain_reconstruction_is_not_told_the_foreground(observed, masking, part):
    part.foreground = False
    try:
        part(observed)['loss_source']
        assert masking.foregrounds == [None, None]
    finally:
        part.foreground = True


def test_masks_follow_the_random_state(model):
    model.set_phase(['reconstruction'])
    first = losses_of(model, make_batch(), seed=1)
    again = losses_of(model, make_batch(), seed=1)
    other = losses_of(model, make_batch(), seed=2)
    for key in first:
        assert torch.equal(first[key], again[key])
        assert not torch.equal(first[key], other[key])


def test_pictures_keep_what_is_visible(part, observed, masking):
    images = observed['target_student'].images
    painted, hidden = part.reconstruct(observed, 'target_student')
    assert painted.shape == images.shape and hidden.shape == (2, 1, 32, 48)
    expected = torch.zeros(2, 1, 32, 48, dtype=torch.bool)
    expected[:, :, PATCH_SIZE : 3 * PATCH_SIZE] = True
    assert torch.equal(hidden, expected)
    everywhere = hidden.expand_as(images)
    assert torch.equal(painted[~everywhere], images[~everywhere])
    assert (painted != images)[everywhere].float().mean() > 0.99
    assert not painted.requires_grad


def test_pictures_show_the_decoders_patches(part, observed, masking, monkeypatch):
    view = 'source'
    target, _, _ = part.head.normalised_patches(observed[view].images)
    monkeypatch.setattr(part.head, 'forward', lambda *_: target)
    painted, _ = part.reconstruct(observed, view)
    # a perfect decoder gives the image itself
    torch.testing.assert_close(painted, observed[view].images)


def test_only_the_chosen_views():
    config = part_configs()['reconstruction']
    config.update(views=['target_student'])
    model = build_adaptive(alignments=dict(mae=config))
    model.set_phase(['mae'])
    assert model.required_views == {'target_student', 'target_teacher'}
    assert set(losses_of(model, make_batch())) == {'mae/loss_target_student'}


def test_no_view_is_made_that_nobody_reads():
    config = part_configs()['reconstruction']
    source = build_adaptive(
        alignments=dict(mae=dict(config, views=['source'])), foreground_head=None
    )
    source.set_phase(['mae'])
    assert source.required_views == {'source'}
    masked = build_adaptive(
        alignments=dict(mae=config), foreground_head=None, target_has_masks=True
    )
    masked.set_phase(['mae'])
    assert masked.required_views == {'source', 'target_student'}


# ---- the other forms ---------------------------------------------------------------


def config_of(head):
    heads = dict(
        simmim=dict(
            type='SimMIMReconstructionHead',
            in_channels=EMBED_DIMS,
            patch_size=PATCH_SIZE,
            patch_grid=PATCH_GRID,
        ),
        conv=dict(
            type='ConvReconstructionHead',
            in_channels=64,
            stride=16,
            patch_size=PATCH_SIZE,
            patch_grid=PATCH_GRID,
        ),
    )
    return dict(part_configs()['reconstruction'], head=heads[head])


@pytest.fixture(params=['simmim', 'conv'])
def other_form(request):
    estimator = {}
    foreground_channels = EMBED_DIMS
    if request.param == 'conv':
        config = resnet_estimator()
        config['backbone']['strides'] = (1, 2, 2, 1)
        estimator, foreground_channels = dict(estimator=config), 64
    model = build_adaptive(
        **estimator,
        foreground_head=dict(type='ForegroundHead', in_channels=foreground_channels),
        alignments=dict(reconstruction=config_of(request.param)),
    )
    model.set_phase(['reconstruction'])
    return model


def test_other_forms_train_the_backbone(other_form):
    losses = losses_of(other_form, make_batch())
    assert set(losses) == {
        'reconstruction/loss_source',
        'reconstruction/loss_target_student',
    }
    sum(losses.values()).backward()
    for name, parameter in other_form.student.backbone.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name
    for parameter in other_form.alignments['reconstruction'].parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0


def test_other_forms_make_pictures(other_form):
    batch = other_form.data_preprocessor(make_batch(), training=True)
    observed = other_form.observe(**batch)
    images = observed['source'].images
    part = other_form.alignments['reconstruction']
    painted, hidden = part.reconstruct(observed, 'source')
    hidden = hidden.expand_as(images)
    assert torch.equal(painted[~hidden], images[~hidden])
    assert (painted != images)[hidden].float().mean() > 0.99


@pytest.mark.parametrize('head', ['simmim', 'mae'])
def test_heads_of_tokens_refuse_a_cnn_and_name_what_fits(head):
    config = part_configs()['reconstruction'] if head == 'mae' else config_of(head)
    with pytest.raises(UserError) as caught:
        build_adaptive(estimator=resnet_estimator(), alignments=dict(mim=config))
    message = str(caught.value)
    assert "'mim'" in message and config['head']['type'] in message
    assert 'ResNet' in message and "type='MaskedVisionTransformer'" in message
    assert "type='ConvReconstructionHead'" in message


def test_a_cnn_of_other_features_is_refused_by_name():
    with pytest.raises(UserError, match=r"'mim'.*stride=16.*\[64, 1, 2\]"):
        build_adaptive(estimator=resnet_estimator(), alignments=dict(mim=config_of('conv')))
