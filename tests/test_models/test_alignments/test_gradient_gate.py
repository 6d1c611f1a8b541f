from types import SimpleNamespace

import pytest
import torch
from model_factory import (
    build_adaptive,
    losses_of,
    make_batch,
    part_configs,
    regression_estimator,
    resnet_estimator,
    vit_estimator,
)
from test_models.test_two_processes import HEADS, labelled_for

from mmpose_uda import UserError
from mmpose_uda.models.alignments import GradientGate

PARTS = dict(
    mean_teacher=dict(type='MeanTeacherConsistency', loss_weight=30.0),
    gate=dict(type='GradientGate', limit=1e9),
)


def build(parts=PARTS, **kwargs):
    return build_adaptive(alignments=parts, foreground_head=None, **kwargs)


def heatmap_case():
    estimator = resnet_estimator()
    # away from what the teacher says, which opposes the labels
    parts = dict(PARTS, mean_teacher=dict(PARTS['mean_teacher'], loss_weight=-30.0))
    return build(parts, estimator=estimator), labelled_for(estimator['head']['decoder'])


def simcc_case():
    estimator = vit_estimator(head=HEADS['SimCCHead'])
    return build(estimator=estimator), labelled_for(HEADS['SimCCHead']['decoder'])


def integral_case():
    estimator = vit_estimator(head=HEADS['IntegralRegressionHead'])
    parts = dict(PARTS, mean_teacher=dict(PARTS['mean_teacher'], loss_weight=-30.0))
    return build(parts, estimator=estimator), labelled_for(
        HEADS['IntegralRegressionHead']['decoder']
    )


def volume_case():
    return build(), make_batch(4)


def rows(model, loss):
    """The gradient of the head's last weights, one row a keypoint."""
    layer = {
        'HeatmapHead': lambda head: head.final_layer,
        'IntegralRegressionHead': lambda head: head.final_layer,
        'SimCCHead': lambda head: head.final_layer,
        'VolumetricPose3DHead': lambda head: head.to_volume,
    }[type(model.student.head).__name__](model.student.head)
    (gradient,) = torch.autograd.grad(loss, layer.weight, retain_graph=True)
    return gradient.reshape(21, -1)


@pytest.mark.parametrize('case', [heatmap_case, simcc_case, integral_case, volume_case])
def test_what_opposes_the_source_is_scaled_by_confidence(case):
    model, batch = case()
    losses = losses_of(model, batch)
    source, target = losses['loss_kpt'], losses['mean_teacher/loss']
    total = source + target + losses['gate/loss']
    g_s, g_t, found = (rows(model, loss) for loss in (source, target, total))
    observed = model.observe(**model.data_preprocessor(batch, training=True))
    _, confidence = observed.pseudo_labels
    opposed = 0
    for k in range(21):
        a = (g_s[k] @ g_t[k]) / (g_s[k] @ g_s[k])
        parallel = a * g_s[k]
        expected = g_s[k] + g_t[k]
        if a < 0:
            opposed += 1
            scaled = confidence[:, k].clamp_max(1).mean()
            expected = g_s[k] + (g_t[k] - parallel) + scaled * parallel
        torch.testing.assert_close(found[k], expected, rtol=2e-3, atol=1e-5)
    assert opposed > 0
    assert losses['gate/opposing_keypoints'] == pytest.approx(opposed / 21)


def test_nothing_opposes_itself():
    """The gate of a target whose gradient is the source's own."""
    model, batch = volume_case()
    observed = model.observe(**model.data_preprocessor(batch, training=True))
    loss = observed['source'].supervised_loss()['loss_kpt']
    opposition = model.alignments['gate'].opposition
    assert (opposition(observed, loss, 2 * loss) == 0).all()
    against = opposition(observed, loss, -2 * loss)
    torch.testing.assert_close(against, torch.full((21,), 2.0))


def test_the_source_counts_at_most_so_much_more():
    parts = dict(PARTS, gate=dict(type='GradientGate', limit=0.25))
    parts['mean_teacher'] = dict(PARTS['mean_teacher'], loss_weight=1e4)
    model = build(parts)
    losses = losses_of(model, make_batch(4))
    found = rows(model, losses['gate/loss']) / rows(model, losses['loss_kpt'])
    assert found.max() <= 0.2501 and losses['gate/gate'] > 0.05


def test_the_network_below_the_head_learns_of_it():
    model, batch = volume_case()
    losses_of(model, batch)['gate/loss'].backward()
    gradient = next(model.student.backbone.patch_embed.parameters()).grad
    assert gradient.isfinite().all() and gradient.abs().sum() > 0


def test_it_passes_through_no_backbone():
    model, batch = volume_case()
    seen = []
    model.student.backbone.patch_embed.register_full_backward_hook(
        lambda *args: seen.append(1)
    )
    losses = losses_of(model, batch)
    assert not seen  # its gradients are of the head alone
    sum(value for key, value in losses.items() if 'loss' in key).backward()
    assert len(seen) == 1


@pytest.mark.parametrize('phase', [['supervised', 'gate'], ['mean_teacher', 'gate']])
def test_a_phase_of_one_domain_has_none(phase):
    model, batch = volume_case()
    model.set_phase(phase)
    assert not any(key.startswith('gate') for key in losses_of(model, batch))


@pytest.mark.parametrize('of_root', [0.0, 1e-3])
def test_a_head_that_regresses(of_root, monkeypatch):
    """Whose loss leaves all keypoints out of which the root has no label."""
    opposition = torch.ones(21)
    opposition[0] = of_root
    monkeypatch.setattr(GradientGate, 'opposition', lambda *_: opposition)
    model = build(estimator=regression_estimator())
    losses = losses_of(model, make_batch(4))
    least = 0.9 * losses['gate/gate'] * losses['loss_kpt']
    assert losses['gate/loss'] > least > 0


def test_keypoints_that_share_weights_are_refused():
    with pytest.raises(UserError, match="'gate'.*RTMCCHead"):
        build(estimator=vit_estimator(head=HEADS['RTMCCHead']))


def test_a_loss_without_soft_weights_is_refused():
    estimator = resnet_estimator()
    estimator['head']['loss'] = dict(
        type='KeypointOHKMMSELoss', use_target_weight=True, topk=3
    )
    with pytest.raises(UserError, match="'gate'.*KeypointOHKMMSELoss"):
        build(dict(gate=PARTS['gate']), estimator=estimator)


def test_small_losses_in_half_precision():
    """Gradients of a heatmap's cells are below the smallest number of float16."""
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(8, 4, 1)
    features = torch.rand(2, 4, 8, 48, 48)
    with torch.no_grad():
        labels = [
            layer(f) + s * 0.01 * f.sum(1, keepdim=True) for f, s in zip(features, (1, -1))
        ]
    observed = dict(
        source=SimpleNamespace(reader=SimpleNamespace(keypoint_layer=layer, keypoints=4))
    )
    found = []
    for dtype in (torch.float32, torch.float16):
        with torch.autocast('cpu', dtype, enabled=dtype == torch.float16):
            losses = [
                1e-3 * (layer(f).float() - label).square().mean()
                for f, label in zip(features, labels)
            ]
            found.append(GradientGate.opposition(observed, *losses))
    assert (found[0] > 0.5).all()
    torch.testing.assert_close(found[1], found[0], rtol=0.05, atol=0)


@pytest.mark.parametrize('parts', [['mean_techer'], ['mean_teacher', 'style']])
def test_parts_that_the_model_does_not_have(parts):
    gate = dict(type='GradientGate', parts=parts)
    with pytest.raises(UserError, match='no alignment .*: use `'):
        build(dict(PARTS, gate=gate))


def test_a_part_that_does_not_use_the_head():
    parts = {**part_configs(), 'gate': dict(type='GradientGate', parts=['reconstruction'])}
    model = build_adaptive(alignments=parts)
    with pytest.raises(UserError, match='do not depend on the last layer of the head'):
        losses_of(model, make_batch(4))
