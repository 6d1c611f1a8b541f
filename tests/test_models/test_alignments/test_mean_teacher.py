from types import SimpleNamespace

import numpy as np
import pytest
import torch
from model_factory import (
    build_adaptive,
    losses_of,
    make_batch,
    regression_estimator,
    resnet_estimator,
    vit_config,
)
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.models.alignments import (
    ConfidenceWeighting,
    MeanTeacherConsistency,
    QuantileSelection,
)
from mmpose_uda.models.observation import Observations, carried_targets
from mmpose_uda.models.readers import (
    AxisDistribution,
    HeatmapDistributions,
    KeypointDistributions,
    crop_axis,
)
from mmpose_uda.models.utils import transform_points

WIDTH, HEIGHT, DEPTH = 64, 48, 20  # px, px, bins of 10 mm
FLIP_INDICES = [0, 2, 1, 3, 4]  # keypoints 1 and 2 are left and right


def at_bins(bins, count, peak=1.0):
    """Probability ``peak`` at each bin, the rest spread over all."""
    one_hot = nn.functional.one_hot(torch.as_tensor(bins), count).float()
    return peak * one_hot + (1 - peak) / count


def predicting(points, peaks=1.0):
    """Distributions whose means are whole ``points`` [B, K, 3] at a peak of 1."""
    points = torch.as_tensor(points)
    peaks = torch.as_tensor(peaks).expand(points.shape[:2]).unsqueeze(-1)
    x, y, z = points.long().unbind(-1)
    return KeypointDistributions(
        [
            crop_axis(at_bins(x, WIDTH, peaks).log(), WIDTH),
            crop_axis(at_bins(y, HEIGHT, peaks).log(), HEIGHT),
            AxisDistribution.of_probs(at_bins(z // 10 + 10, DEPTH), -100.0, 10.0),
        ]
    )


def similarity(angle=0.0, scale=1.0, shift=(0.0, 0.0), mirror=False):
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    sign = -1.0 if mirror else 1.0
    return np.array([[sign * cos, -sin, shift[0]], [sign * sin, cos, shift[1]]])


def observe(teacher, student, teacher_mats, student_mats):
    def stacked(mats):
        mats = [np.vstack([mat, [0, 0, 1]]) for mat in mats]
        return torch.tensor(np.stack(mats), dtype=torch.float32)

    def size(like):
        return torch.tensor([WIDTH, HEIGHT]).to(like)

    sample = SimpleNamespace(metainfo=dict(flip_indices=FLIP_INDICES))
    return Observations(
        labelled_keypoints=torch.ones(len(FLIP_INDICES)),
        steps=torch.tensor(0),
        views=dict(
            target_teacher=SimpleNamespace(
                distributions=teacher,
                warp_mats=stacked(teacher_mats),
                size=size,
            ),
            target_student=SimpleNamespace(
                distributions=student,
                size=size,
                warp_mats=stacked(student_mats),
                data_samples=[sample] * len(student_mats),
                loss_of_points=Recorder(student),
            ),
        ),
    )


class Recorder:
    """In place of the loss of a view: remembers what it was asked to fit."""

    def __init__(self, predicted):
        self.predicted = predicted

    def __call__(self, points, weights, weighings):
        self.points, self.weights = points, weights
        return self.predicted.points().sum()


def judged(confidence):
    """What a selection sees of pseudo labels whose confidence alone matters."""
    return SimpleNamespace(confidence=confidence)


@pytest.fixture
def part():
    return MeanTeacherConsistency()


def fitted(observed):
    return observed['target_student'].loss_of_points


POINTS = torch.tensor(
    [[10.0, 20, -30], [30, 10, 0], [50, 30, 50], [25, 40, 10], [33, 25, -100]]
)


@pytest.mark.parametrize(
    'change',
    [
        similarity(),
        similarity(shift=(4.5, -3)),
        similarity(angle=0.7, shift=(20, -15)),
        similarity(scale=1.3, shift=(-10, -8)),
        similarity(angle=-1.1, scale=0.8, shift=(0, 30)),
        similarity(shift=(WIDTH - 1, 0), mirror=True),
        similarity(angle=0.4, scale=1.1, shift=(60, -20), mirror=True),
    ],
    ids=lambda change: str(change.round(2).tolist()),
)
def test_pseudo_labels_land_where_the_change_of_view_puts_them(change):
    to_teacher = similarity(angle=0.2, scale=0.5, shift=(7, -3))
    to_student = change @ np.vstack([to_teacher, [0, 0, 1]])
    teacher, flat = predicting(POINTS[None]), predicting(torch.zeros(1, 5, 3))
    observed = observe(teacher, flat, [to_teacher], [to_student])
    points, confidence = observed.pseudo_labels
    order = FLIP_INDICES if np.linalg.det(change[:, :2]) < 0 else range(5)
    for k, from_k in enumerate(order):
        x, y, z = POINTS[from_k].tolist()
        expected = [*(change @ [x, y, 1]), z]
        np.testing.assert_allclose(points[0, k], expected, atol=2e-3)
    assert (confidence == 1).all()


def test_every_sample_has_its_own_change_of_view():
    mats = [similarity(), similarity(angle=1, shift=(9, 9))]
    changed = [similarity(shift=(2, 3)), similarity(shift=(63, 0), mirror=True)]
    teacher = predicting(torch.stack([POINTS, POINTS.flip(0)]))
    observed = observe(teacher, predicting(torch.zeros(2, 5, 3)), mats, changed)
    points, _ = observed.pseudo_labels
    for b, (before, after) in enumerate(zip(mats, changed)):
        matrix = np.vstack([after, [0, 0, 1]]) @ np.linalg.inv(
            np.vstack([before, [0, 0, 1]])
        )
        moved = transform_points(
            teacher.points()[b : b + 1], torch.tensor(matrix[None], dtype=torch.float32)
        )
        expected = moved[0, FLIP_INDICES] if b == 1 else moved[0]
        torch.testing.assert_close(points[b], expected, atol=2e-3, rtol=0)


def test_confidence_weighs_and_goes_with_its_keypoint(part):
    peaks = torch.tensor([[1.0, 0.9, 0.5, 0.3, 0.7]])
    teacher = predicting(POINTS[None], peaks)
    student = predicting(torch.zeros(1, 5, 3))
    mirror = similarity(shift=(63, 0), mirror=True)
    observed = observe(teacher, student, [similarity()], [mirror])
    out = part(observed)
    confidence = teacher.confidence()
    assert len(set(confidence[0].tolist())) == 5
    torch.testing.assert_close(fitted(observed).weights[0], confidence[0, FLIP_INDICES])
    torch.testing.assert_close(out['pseudo_label_confidence'], confidence.mean())
    assert out['loss'] == student.points().sum()


def test_what_is_logged_tells_a_run_that_degenerates():
    peaks = torch.tensor([[1.0, 0.9, 0.5, 0.3, 0.7]] * 2)
    points = torch.stack([POINTS, POINTS - torch.tensor([8.0, 4, 0])])
    teacher, student = predicting(points, peaks), predicting(points)
    apart = predicting(points + torch.tensor([3.0, 4, 0]))
    views = [similarity()] * 2
    part = MeanTeacherConsistency(dict(type='ThresholdSelection', threshold=0.45))
    out = part(observe(teacher, student, views, views))
    assert out['pseudo_label_share'].item() == pytest.approx(3 / 5)
    torch.testing.assert_close(out['student_confidence'], torch.tensor(1.0))
    sides = torch.tensor([WIDTH, HEIGHT])
    expected = (teacher.points()[..., :2] / sides).std(0, correction=0).mean()
    torch.testing.assert_close(out['keypoint_spread'], expected)
    confident = predicting(points)
    out = part(observe(confident, apart, views, views))
    distance = ((3 / WIDTH) ** 2 + (4 / HEIGHT) ** 2) ** 0.5
    assert out['teacher_student_distance'].item() == pytest.approx(distance, rel=1e-3)
    assert not any(value.requires_grad for key, value in out.items() if key != 'loss')


SELECTIONS = [
    # the third of the five confidences is the median
    (dict(type='ConfidenceWeighting', min_confidence=0.45), [1, 1, 0, 0, 1], True),
    (dict(type='ThresholdSelection', threshold=0.45), [1, 1, 0, 0, 1], False),
    (dict(type='QuantileSelection', quantile=0.5), [1, 1, 0, 0, 0], False),
    (dict(type='QuantileSelection', quantile=0.0), [1, 1, 1, 0, 1], False),
]


@pytest.mark.parametrize('selection, kept, by_confidence', SELECTIONS)
def test_doubtful_pseudo_labels_are_dropped(selection, kept, by_confidence):
    teacher = predicting(POINTS[None], torch.tensor([[1.0, 0.9, 0.5, 0.3, 0.7]]))
    observed = observe(
        teacher, predicting(torch.zeros(1, 5, 3)), [similarity()], [similarity()]
    )
    MeanTeacherConsistency(selection)(observed)
    confidence = teacher.confidence()[0]
    expected = torch.tensor(kept) * (confidence if by_confidence else 1.0)
    torch.testing.assert_close(fitted(observed).weights[0], expected)


def test_the_quantile_is_of_the_whole_batch():
    confidence = torch.tensor([[0.9, 0.8, 0.7], [0.1, 0.2, 0.75]])
    weights = QuantileSelection(0.5)(judged(confidence))
    assert weights.tolist() == [[1, 1, 0], [0, 0, 1]]


def test_peaks_over_1_are_told_apart_but_weigh_no_more():
    heatmaps = torch.zeros(1, 4, 3, 3)
    heatmaps[0, :, 1, 1] = torch.tensor([1.3, 1.2, 1.1, 0.9])
    confidence = HeatmapDistributions(heatmaps, steps=(1.0, 1.0)).confidence()
    assert QuantileSelection(0.5)(judged(confidence)).tolist() == [[1, 1, 0, 0]]
    weights = ConfidenceWeighting()(judged(confidence))
    torch.testing.assert_close(weights, torch.tensor([[1.0, 1.0, 1.0, 0.9]]))


def test_weights_of_several_selections_are_multiplied():
    selection = [
        dict(type='ConfidenceWeighting'),
        dict(type='ThresholdSelection', threshold=0.45),
    ]
    part = MeanTeacherConsistency(selection)
    teacher = predicting(POINTS[None], torch.tensor([[1.0, 0.9, 0.5, 0.3, 0.7]]))
    observed = observe(
        teacher, predicting(torch.zeros(1, 5, 3)), [similarity()], [similarity()]
    )
    part(observed)
    expected = torch.tensor([1.0, 1, 0, 0, 1]) * teacher.confidence()[0]
    torch.testing.assert_close(fitted(observed).weights[0], expected)
    assert part.selection.is_soft
    assert not MeanTeacherConsistency(selection[1:]).selection.is_soft


@pytest.mark.parametrize(
    'selection',
    [
        dict(type='ConfidenceWeighting', min_confidence=-1),
        dict(type='ThresholdSelection', threshold=1.5),
        dict(type='QuantileSelection', quantile=50),
    ],
)
def test_what_is_no_share_is_refused(selection):
    with pytest.raises(UserError, match='between 0 and 1'):
        MeanTeacherConsistency(selection)


def test_pseudo_labels_outside_the_view_weigh_nothing(part):
    change = similarity(shift=(20, 12))
    observed = observe(
        predicting(POINTS[None]),
        predicting(torch.zeros(1, 5, 3)),
        [similarity()],
        [change],
    )
    part(observed)
    # the third leaves to the right, the fourth below
    assert fitted(observed).weights.tolist() == [[1, 1, 0, 0, 1]]
    assert fitted(observed).points[0, 2, 0] == 70
    assert fitted(observed).points[0, 3, 1] == 52


def test_no_gradient_to_the_teacher(part):
    logits = torch.randn(1, 5, WIDTH, requires_grad=True)
    x = crop_axis(logits.log_softmax(-1), WIDTH)
    y = crop_axis(torch.full((1, 5, HEIGHT), 1 / HEIGHT).log(), HEIGHT)
    z = AxisDistribution.of_probs(torch.full((1, 5, DEPTH), 1 / DEPTH), -100.0, 10.0)
    teacher = KeypointDistributions([x, y, z])
    observed = observe(teacher, predicting(POINTS[None]), [similarity()], [similarity()])
    part(observed)
    assert not fitted(observed).points.requires_grad
    assert not fitted(observed).weights.requires_grad


def test_a_loss_that_ignores_weights_is_refused():
    estimator = resnet_estimator()
    estimator['head']['loss'] = dict(type='KeypointMSELoss')
    with pytest.raises(UserError, match='KeypointMSELoss.*use_target_weight=True'):
        build_adaptive(
            estimator=estimator,
            foreground_head=None,
            alignments=dict(mean_teacher=dict(type='MeanTeacherConsistency')),
        )


def heatmaps_with(loss, selection):
    estimator = resnet_estimator()
    estimator['head']['loss'] = loss
    part = dict(type='MeanTeacherConsistency', selection=dict(type=selection))
    return build_adaptive(
        estimator=estimator, alignments=dict(pseudo=part), foreground_head=None
    )


HARD_MINING = dict(type='KeypointOHKMMSELoss', use_target_weight=True, topk=3)


def test_a_loss_that_takes_no_soft_weights_refuses_them():
    with pytest.raises(UserError, match="'pseudo'.*ConfidenceWeighting.*KeypointOHKMMSE"):
        heatmaps_with(HARD_MINING, 'ConfidenceWeighting')


@pytest.mark.parametrize('selection', ['ThresholdSelection', 'QuantileSelection'])
def test_it_takes_weights_of_0_and_1(selection):
    model = heatmaps_with(HARD_MINING, selection)
    model.set_phase(['pseudo'])
    losses = losses_of(model, make_batch(foreground=False))
    assert losses['pseudo/loss'].isfinite()


@pytest.mark.parametrize('loss', ['KeypointMSELoss', 'AdaptiveWingLoss'])
def test_a_half_weight_is_half_the_loss(loss, monkeypatch):
    model = heatmaps_with(dict(type=loss, use_target_weight=True), 'ConfidenceWeighting')
    model.set_phase(['pseudo'])
    found = []
    for weight in (1.0, 0.5, 0.1):
        constant = lambda labels, weight=weight: torch.full_like(labels.confidence, weight)  # noqa: E731
        monkeypatch.setattr(model.alignments['pseudo'].selection, 'forward', constant)
        found.append(losses_of(model, make_batch(foreground=False))['pseudo/loss'])
    torch.testing.assert_close(found[1], 0.5 * found[0])
    torch.testing.assert_close(found[2], 0.1 * found[0])
    assert found[0] > 0


# ---- whole maps ----------------------------------------------------------------------


def test_maps_of_a_head_that_are_not_carried_are_refused():
    with pytest.raises(UserError, match="'pseudo'.*HeatmapHead.*leave whole_maps out"):
        build_adaptive(
            estimator=resnet_estimator(),
            alignments=dict(pseudo=dict(type='MeanTeacherConsistency', whole_maps=True)),
            foreground_head=None,
        )


@pytest.mark.parametrize('whole_maps', [True, None])
def test_the_teacher_s_maps_are_the_labels(whole_maps):
    part = dict(type='MeanTeacherConsistency', whole_maps=whole_maps, depth=True)
    model = build_adaptive(alignments=dict(pseudo=part))
    model.set_phase(['pseudo'])
    data = make_batch(views=['target_teacher', 'target_student'])
    observed = model.observe(**model.data_preprocessor(data, training=True))
    teacher, student = observed['target_teacher'], observed['target_student']
    points, confidence = observed.pseudo_labels
    weights = confidence * student.distributions.contains(points)
    loss = model.alignments['pseudo'](observed)['loss']
    expected = teacher.reader.loss(
        student.head_outputs, carried_targets(teacher, student), weights
    )
    torch.testing.assert_close(loss, expected)
    of_points = teacher.reader.loss(student.head_outputs, points, weights)
    assert (loss - of_points).abs() > 1e-3 * loss
    model.alignments['pseudo'].whole_maps = False
    torch.testing.assert_close(model.alignments['pseudo'](observed)['loss'], of_points)
    loss.backward()
    gradients = [p.grad for p in model.student.head.parameters()]
    assert all(g.isfinite().all() and g.abs().sum() > 0 for g in gradients)
    assert all(p.grad is None for p in model.teacher.parameters())


@pytest.mark.parametrize('whole_maps', [True, False])
def test_depth_is_no_label_unless_it_is_asked_for(whole_maps):
    part = dict(type='MeanTeacherConsistency', whole_maps=whole_maps)
    model = build_adaptive(alignments=dict(pseudo=part))
    model.set_phase(['pseudo'])
    data = make_batch(views=['target_teacher', 'target_student'])
    observed = model.observe(**model.data_preprocessor(data, training=True))
    student = observed['target_student']
    student.head_outputs.retain_grad()
    model.alignments['pseudo'](observed)['loss'].backward()
    gradient = student.head_outputs.grad
    # what raises a column or a row does so at every depth alike
    volume = student.head_outputs.detach().float().flatten(2).softmax(2)
    given_place = volume.view_as(gradient) / volume.view_as(gradient).sum(2, keepdim=True)
    torch.testing.assert_close(gradient, gradient.sum(2, keepdim=True) * given_place)
    assert gradient.abs().sum() > 0


def test_depth_of_a_head_that_takes_no_other_labels_stays():
    part = dict(type='MeanTeacherConsistency', depth=False)
    with pytest.raises(UserError, match="'pseudo' has depth=False, but the loss Pose3D"):
        build_adaptive(estimator=regression_estimator(), alignments=dict(pseudo=part))


# ---- a head that regresses -----------------------------------------------------------


def regression_model(**kwargs):
    parts = dict(
        pseudo=dict(type='MeanTeacherConsistency'),
        occlusion=dict(type='KeypointOcclusion', prob=1.0, min_confidence=0.0),
    )
    model = build_adaptive(estimator=regression_estimator(**kwargs), alignments=parts)
    model.set_phase(['pseudo', 'occlusion'])
    return model


def test_points_of_a_head_that_regresses_are_pseudo_labels():
    model = regression_model()
    losses = losses_of(model, make_batch(views=['target_teacher', 'target_student']))
    assert losses['pseudo/loss'] > 0
    assert 0 < losses['pseudo/pseudo_label_confidence'] < 1
    losses['pseudo/loss'].backward()
    head = model.student.head
    for layer in (model.student.backbone.patch_embed, head.to_joints, head.to_camera):
        gradient = next(layer.parameters()).grad
        assert gradient.isfinite().all() and gradient.abs().sum() > 0
    assert head.to_errors.weight.grad is None  # of labels alone


def test_they_are_the_teacher_s_points_in_the_student_s_view():
    model = regression_model().eval()
    data = make_batch(views=['target_teacher', 'target_student'])
    observed = model.observe(**model.data_preprocessor(data, training=True))
    points, confidence = observed.pseudo_labels
    weights = confidence * observed['target_student'].distributions.contains(points)
    outputs = observed['target_student'].head_outputs
    predicted = model.student.head.distributions(outputs)
    expected = model.student.head.loss_module(
        predicted, points, predicted.mm_per_px.detach(), weights
    )
    torch.testing.assert_close(model.alignments['pseudo'](observed)['loss'], expected)


def test_its_labels_weigh_as_much_as_they_are_worth(monkeypatch):
    model = regression_model()
    assert [weigh.is_linear for weigh in model.alignments['pseudo'].weighings] == [True]
    found = []
    for weight in (1.0, 0.5, 0.1):
        constant = lambda labels, weight=weight: torch.full_like(labels.confidence, weight)  # noqa: E731
        monkeypatch.setattr(model.alignments['pseudo'].selection, 'forward', constant)
        found.append(losses_of(model, make_batch())['pseudo/loss'])
    torch.testing.assert_close(found[1], 0.5 * found[0])
    torch.testing.assert_close(found[2], 0.1 * found[0])
    assert found[0] > 0


def test_a_transformer_s_token_is_a_feature():
    backbone = vit_config('patch', with_cls_token=True, out_type='cls_token')
    model = regression_model(backbone=backbone)
    assert losses_of(model, make_batch())['pseudo/loss'] > 0
