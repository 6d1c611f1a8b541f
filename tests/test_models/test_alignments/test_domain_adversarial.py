import pytest
import torch
from model_factory import (
    EMBED_DIMS,
    build_adaptive,
    equal_states,
    losses_of,
    make_batch,
    resnet_estimator,
)

from mmpose_uda import UserError


def adversarial(feature='backbone', in_channels=EMBED_DIMS, kernel_size=3, **kwargs):
    discriminator = dict(
        type='DomainDiscriminator',
        in_channels=in_channels,
        channels=(8,),
        kernel_size=kernel_size,
    )
    part = dict(type='DomainAdversarial', discriminator=discriminator, feature=feature)
    return dict(adversarial={**part, **kwargs})


def gradients(coefficient):
    """Of the backbone's stem and of the discriminator after one step of this part."""
    model = build_adaptive(alignments=adversarial(coefficient=coefficient))
    model.set_phase(['adversarial'])
    losses_of(model, make_batch())['adversarial/loss'].backward()
    discriminator = model.alignments['adversarial'].discriminator
    return [
        [p.grad.clone() for p in module.parameters() if p.grad is not None]
        for module in (model.student.backbone, discriminator)
    ]


def test_the_backbone_gets_the_reversed_gradient_and_the_discriminator_its_own():
    for_it, discriminator = gradients(coefficient=-1.0)
    against_it, same = gradients(coefficient=1.0)
    assert for_it and any(grad.abs().sum() > 0 for grad in for_it)
    for one, other in zip(for_it, against_it):
        torch.testing.assert_close(one, -other)
    for one, other in zip(discriminator, same):
        torch.testing.assert_close(one, other)


def gradients_of_a_ramp(model):
    """Of one step without an update, of the student's stem and of the discriminator."""
    losses_of(model, make_batch())['adversarial/loss'].backward()
    stem = next(model.student.parameters()).grad.clone()
    discriminator = next(model.alignments.parameters()).grad.clone()
    model.zero_grad()
    return stem, discriminator


def test_the_coefficient_grows_within_a_phase():
    part = adversarial(coefficient=0.5, coefficient_ramp=4)
    model = build_adaptive(alignments=part)
    full = build_adaptive(alignments=adversarial(coefficient=1.0))
    for one in (model, full):
        one.begin_phase(['adversarial'])
    stem, discriminator = gradients_of_a_ramp(full)
    for share in (0, 0.125, 0.25, 0.375, 0.5, 0.5):
        found = gradients_of_a_ramp(model)
        torch.testing.assert_close(found[0], share * stem)
        torch.testing.assert_close(found[1], discriminator)
    model.begin_phase(['adversarial'])
    assert gradients_of_a_ramp(model)[0].abs().max() == 0


def test_checkpoints_of_earlier_versions_load():
    model = build_adaptive(alignments=adversarial())
    state = model.state_dict()
    state['alignments.adversarial.steps'] = torch.tensor(6.0)
    del state['progress.begun']
    model.load_state_dict(state)


def test_tokens_of_a_layer():
    part = adversarial('backbone.layers.1', kernel_size=1)
    model = build_adaptive(alignments=part)
    model.set_phase(['adversarial'])
    losses = losses_of(model, make_batch())
    assert losses['adversarial/loss'].isfinite()
    assert 0 <= losses['adversarial/domain_accuracy'] <= 1


def test_the_feature_of_a_stock_head_costs_no_second_forward():
    model = build_adaptive(
        estimator=resnet_estimator(),
        foreground_head=None,
        alignments=adversarial('head.deconv_layers', in_channels=8),
    )
    head, calls = model.student.head, []
    head.register_forward_hook(lambda *_: calls.append(1))
    batch = model.data_preprocessor(make_batch(), training=True)
    observed = model.observe(**batch)
    features = observed['target_student'].feature('head.deconv_layers')
    outputs = observed['target_student'].head_outputs
    torch.testing.assert_close(head.final_layer(features), outputs)
    assert len(calls) == 1


def test_only_the_features_asked_for_are_computed():
    model = build_adaptive(alignments=adversarial())
    model.set_phase(['adversarial'])
    calls = []
    model.student.head.register_forward_hook(lambda *_: calls.append(1))
    losses_of(model, make_batch())
    assert not calls


@pytest.mark.parametrize('feature', ['neck', 'backbone.layer9', ''])
def test_a_feature_that_does_not_exist_is_refused(feature):
    with pytest.raises(UserError, match="'adversarial'.*backbone, head"):
        build_adaptive(alignments=adversarial(feature))


def test_a_module_that_never_runs_is_refused():
    with pytest.raises(UserError, match="'adversarial'.*'head.loss_module'.*does not run"):
        build_adaptive(
            estimator=resnet_estimator(),
            foreground_head=None,
            alignments=adversarial('head.loss_module'),
        )


@pytest.mark.parametrize(
    'feature, kernel_size, channels',
    [('backbone', 3, EMBED_DIMS), ('backbone.layers.1', 1, EMBED_DIMS)],
)
def test_a_discriminator_of_other_channels_is_refused(feature, kernel_size, channels):
    part = adversarial(feature, in_channels=5, kernel_size=kernel_size)
    message = f"'adversarial'.*'{feature}'.*in_channels={channels}"
    with pytest.raises(UserError, match=message):
        build_adaptive(alignments=part)


def test_a_feature_without_positions_is_refused():
    with pytest.raises(UserError, match="'adversarial'.*'neck' is \\[1, 64\\]"):
        build_adaptive(
            estimator=resnet_estimator('RegressionHead'),
            foreground_head=None,
            alignments=adversarial('neck', in_channels=64),
        )


def test_the_trial_leaves_the_student_as_it_was():
    kwargs = dict(estimator=resnet_estimator(), foreground_head=None)
    part = adversarial('head.deconv_layers', in_channels=8)
    tried = build_adaptive(alignments=part, **kwargs)
    plain = build_adaptive(alignments={}, **kwargs)
    statistics = [dict(model.student.named_buffers()) for model in (tried, plain)]
    assert statistics[0] and equal_states(*statistics)
    assert all(module.training for module in tried.student.modules())
