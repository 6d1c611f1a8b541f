import pytest
import torch
from model_factory import (
    build_adaptive,
    losses_of,
    make_batch,
    regression_estimator,
    resnet_estimator,
)

from mmpose_uda import UserError
from mmpose_uda.models.losses import InfoMaxLoss

PART = dict(info_max=dict(type='InformationMaximization'))


@pytest.mark.parametrize('estimator', ['volume', 'heatmap'])
def test_it_sees_the_student_s_target_output(estimator):
    kwargs = dict(alignments=PART)
    if estimator == 'heatmap':
        kwargs.update(estimator=resnet_estimator(), foreground_head=None)
    model = build_adaptive(**kwargs).eval()
    batch = model.data_preprocessor(make_batch(), training=True)
    observed = model.observe(**batch)
    loss = model.alignments['info_max'](observed)['loss']
    outputs = model.student.head(
        model.student.extract_feat(batch['inputs']['target_student'])
    )
    torch.testing.assert_close(loss, InfoMaxLoss()(outputs))


def test_gradient_reaches_the_backbone_and_the_weight_counts():
    model = build_adaptive(alignments=PART)
    model.set_phase(['info_max'])
    loss = losses_of(model, make_batch())['info_max/loss']
    loss.backward()
    stem = next(iter(model.student.backbone.patch_embed.parameters()))
    assert stem.grad.isfinite().all() and stem.grad.abs().sum() > 0
    model.alignments['info_max'].loss_weight *= 2
    torch.testing.assert_close(losses_of(model, make_batch())['info_max/loss'], 2 * loss)


def test_descent_makes_predictions_certain_and_diverse():
    maps = torch.randn(8, 2, 6, 6, generator=torch.manual_seed(0)).requires_grad_()
    before = (maps / 0.5).flatten(2).softmax(-1).max(-1).values.mean()
    optimizer = torch.optim.Adam([maps], lr=0.1)
    for _ in range(150):
        loss = InfoMaxLoss()(maps)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    peaks = (maps / 0.5).flatten(2).softmax(-1).max(-1)
    assert peaks.values.mean() > before + 0.2
    assert all(len(set(peaks.indices[:, k].tolist())) > 4 for k in range(2))


def test_the_released_formula_is_refused_where_there_are_no_heatmaps():
    released = dict(PART['info_max'], loss=dict(type='InfoMaxLoss', mode='released'))
    build_adaptive(
        estimator=resnet_estimator(),
        foreground_head=None,
        alignments=dict(info_max=released),
    )
    with pytest.raises(UserError, match="'released'.*heatmaps"):
        build_adaptive(alignments=dict(info_max=released))


def test_building_a_model_waits_for_no_other_process(monkeypatch):
    """Its tensors are on the CPU, where a GPU's process group cannot reduce them."""

    def refuse(*_):
        raise AssertionError

    losses = 'mmpose_uda.models.losses.info_max_loss.'
    monkeypatch.setattr(losses + 'sum_over_processes', refuse)
    model = build_adaptive(alignments=PART)
    with pytest.raises(AssertionError):
        losses_of(model, make_batch())


def test_a_head_of_coordinates_is_refused():
    with pytest.raises(UserError, match="'info_max'.*RegressionHead.*SimCC"):
        build_adaptive(
            estimator=resnet_estimator('RegressionHead'),
            foreground_head=None,
            alignments=PART,
        )


def test_a_head_that_regresses_is_refused_by_name():
    with pytest.raises(UserError) as caught:
        build_adaptive(estimator=regression_estimator(), alignments=PART)
    message = str(caught.value)
    assert message.startswith("The part 'info_max' works on maps of positions")
    assert 'RegressionPose3DHead does not have' in message
    fitting = message.split('use a ')[1]
    assert 'VolumetricPose3DHead' in fitting and 'HeatmapHead' in fitting
    assert 'RegressionPose3DHead' not in fitting
