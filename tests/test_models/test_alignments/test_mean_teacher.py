from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from mmpose_uda.models.alignments import MeanTeacherConsistency
from mmpose_uda.models.utils import (
    AxisDistribution,
    KeypointDistributions,
    crop_axis,
    transform_points,
)

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
            crop_axis(at_bins(x, WIDTH, peaks), WIDTH),
            crop_axis(at_bins(y, HEIGHT, peaks), HEIGHT),
            AxisDistribution(at_bins(z // 10 + 10, DEPTH), -100.0, 10.0),
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

    sample = SimpleNamespace(metainfo=dict(flip_indices=FLIP_INDICES))
    return dict(
        target_teacher=SimpleNamespace(
            distributions=teacher, warp_mats=stacked(teacher_mats)
        ),
        target_student=SimpleNamespace(
            distributions=student,
            warp_mats=stacked(student_mats),
            data_samples=[sample] * len(student_mats),
        ),
    )


class Recorder(nn.Module):
    """In place of the loss: remembers what it was asked to fit."""

    def forward(self, predicted, points, weights):
        self.predicted, self.points, self.weights = predicted, points, weights
        return predicted.mean().sum()


@pytest.fixture
def part():
    part = MeanTeacherConsistency()
    part.loss_module = Recorder()
    return part


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
def test_pseudo_labels_land_where_the_change_of_view_puts_them(part, change):
    to_teacher = similarity(angle=0.2, scale=0.5, shift=(7, -3))
    to_student = change @ np.vstack([to_teacher, [0, 0, 1]])
    teacher, flat = predicting(POINTS[None]), predicting(torch.zeros(1, 5, 3))
    observed = observe(teacher, flat, [to_teacher], [to_student])
    points, confidence = part.pseudo_labels(observed)
    order = FLIP_INDICES if np.linalg.det(change[:, :2]) < 0 else range(5)
    for k, from_k in enumerate(order):
        x, y, z = POINTS[from_k].tolist()
        expected = [*(change @ [x, y, 1]), z]
        np.testing.assert_allclose(points[0, k], expected, atol=2e-3)
    assert (confidence == 1).all()


def test_every_sample_has_its_own_change_of_view(part):
    mats = [similarity(), similarity(angle=1, shift=(9, 9))]
    changed = [similarity(shift=(2, 3)), similarity(shift=(63, 0), mirror=True)]
    teacher = predicting(torch.stack([POINTS, POINTS.flip(0)]))
    observed = observe(teacher, predicting(torch.zeros(2, 5, 3)), mats, changed)
    points, _ = part.pseudo_labels(observed)
    for b, (before, after) in enumerate(zip(mats, changed)):
        matrix = np.vstack([after, [0, 0, 1]]) @ np.linalg.inv(
            np.vstack([before, [0, 0, 1]])
        )
        moved = transform_points(
            teacher.mean()[b : b + 1], torch.tensor(matrix[None], dtype=torch.float32)
        )
        expected = moved[0, FLIP_INDICES] if b == 1 else moved[0]
        torch.testing.assert_close(points[b], expected, atol=2e-3, rtol=0)


def test_a_student_that_sees_the_same_has_nothing_to_learn():
    change = similarity(angle=np.pi / 2, shift=(50, -8))  # whole px to whole px
    matrix = torch.tensor(np.vstack([change, [0, 0, 1]])[None]).float()
    moved = transform_points(POINTS[None], matrix).round()
    observed = observe(
        predicting(POINTS[None]), predicting(moved), [similarity()], [change]
    )
    part = MeanTeacherConsistency(loss=dict(type='KeypointDistributionLoss', sigma=0.2))
    agreeing = part(observed)['loss']
    observed = observe(
        predicting(POINTS[None]), predicting(moved), [similarity()], [similarity()]
    )
    assert agreeing < 1e-3 < 1 < part(observed)['loss']


def test_confidence_weighs_and_goes_with_its_keypoint(part):
    peaks = torch.tensor([[1.0, 0.9, 0.5, 0.3, 0.7]])
    teacher = predicting(POINTS[None], peaks)
    student = predicting(torch.zeros(1, 5, 3))
    mirror = similarity(shift=(63, 0), mirror=True)
    out = part(observe(teacher, student, [similarity()], [mirror]))
    confidence = teacher.confidence()
    assert len(set(confidence[0].tolist())) == 5
    torch.testing.assert_close(part.loss_module.weights[0], confidence[0, FLIP_INDICES])
    torch.testing.assert_close(out['pseudo_label_confidence'], confidence.mean())
    assert part.loss_module.predicted is student


def test_doubtful_pseudo_labels_are_dropped(part):
    teacher = predicting(POINTS[None], torch.tensor([[1.0, 0.9, 0.5, 0.3, 0.7]]))
    observed = observe(
        teacher, predicting(torch.zeros(1, 5, 3)), [similarity()], [similarity()]
    )
    confidence = teacher.confidence()[0]
    part.min_confidence = float(confidence[4])  # the third of five
    part(observed)
    expected = confidence * torch.tensor([1.0, 1, 0, 0, 1])
    torch.testing.assert_close(part.loss_module.weights[0], expected)


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
    assert part.loss_module.weights.tolist() == [[1, 1, 0, 0, 1]]
    assert part.loss_module.points[0, 2, 0] == 70
    assert part.loss_module.points[0, 3, 1] == 52


def test_no_gradient_to_the_teacher(part):
    logits = torch.randn(1, 5, WIDTH, requires_grad=True)
    x = crop_axis(logits.softmax(-1), WIDTH)
    y = crop_axis(torch.full((1, 5, HEIGHT), 1 / HEIGHT), HEIGHT)
    z = AxisDistribution(torch.full((1, 5, DEPTH), 1 / DEPTH), -100.0, 10.0)
    teacher = KeypointDistributions([x, y, z])
    part(observe(teacher, predicting(POINTS[None]), [similarity()], [similarity()]))
    assert not part.loss_module.points.requires_grad
    assert not part.loss_module.weights.requires_grad
