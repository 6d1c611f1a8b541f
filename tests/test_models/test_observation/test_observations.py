import numpy as np
import pytest
import torch
from model_factory import build_adaptive, make_batch
from torch import nn
from torch.nn import functional as F

from mmpose_uda import UserError
from mmpose_uda.models.utils import between_views, transform_points


@pytest.fixture(scope='module')
def model():
    return build_adaptive()


def observe(model, batch):
    return model.observe(**model.data_preprocessor(batch, training=True))


@pytest.fixture
def observed(model):
    return observe(model, make_batch())


def count_calls(module):
    calls = []
    module.register_forward_hook(lambda *_: calls.append(1))
    return calls


def test_nothing_is_computed_until_asked_for_and_then_once():
    model = build_adaptive()
    backbone, head = map(count_calls, (model.student.backbone, model.student.head))
    source = observe(model, make_batch())['source']
    assert (len(backbone), len(head)) == (0, 0)
    first = source.features
    assert source.features is first and 0 in source.attention
    assert (len(backbone), len(head)) == (1, 0)
    assert source.distributions is source.distributions
    assert (len(backbone), len(head)) == (1, 1)


def test_each_view_has_its_network(model, observed):
    assert observed['source'].network is model.student
    assert observed['target_student'].network is model.student
    assert observed['target_teacher'].network is model.teacher.module


def test_features_are_those_of_the_network(model, observed):
    seen = observed['target_student']
    expected = model.student.extract_feat(seen.images)
    assert torch.equal(seen.features[-1], expected[-1])
    logits = model.student.head(expected)
    mean = model.student.head.distributions(logits).points()
    assert torch.equal(seen.distributions.points(), mean)


def test_the_teacher_is_seen_without_gradient(observed):
    teacher, student = observed['target_teacher'], observed['target_student']
    assert student.features[0].requires_grad
    assert student.distributions.points().requires_grad
    assert not teacher.features[0].requires_grad
    assert not teacher.distributions.points().requires_grad
    assert torch.is_grad_enabled()


def test_no_gradient_where_the_caller_wants_none(model):
    with torch.no_grad():
        source = observe(model, make_batch())['source']
        assert not source.features[0].requires_grad
        assert not source.distributions.points().requires_grad


def test_attention_only_where_asked_for(model, observed):
    assert sorted(observed['source'].attention) == [0, 1]
    assert observed['target_teacher'].attention == {}
    assert not any(module._forward_hooks for module in model.modules())


def test_foreground_of_the_data_set(observed):
    foreground = observed.foreground('source')
    assert foreground.shape == (2, 1, 32, 48)
    for found, sample in zip(foreground, observed['source'].data_samples):
        assert torch.equal(found, sample.gt_foreground)
    assert observed.dataset_masks('target_student') is None


def test_foreground_predicted_from_the_view_of_the_teacher(model, observed):
    foreground = observed.foreground('target_teacher')
    logits = model.foreground_teacher(observed['target_teacher'].features)
    expected = F.interpolate(logits.sigmoid(), size=(32, 48), mode='bilinear')
    assert torch.equal(foreground, expected)
    assert not foreground.requires_grad
    assert observed.foreground('target_teacher') is foreground


class Blob(nn.Module):
    """A foreground head that sees one blob in every image."""

    def __init__(self, centre):
        super().__init__()
        self.centre = centre

    def forward(self, feats):
        y, x = torch.meshgrid(torch.arange(32.0), torch.arange(48.0), indexing='ij')
        distance = (x - self.centre[0]) ** 2 + (y - self.centre[1]) ** 2
        soft = 0.98 * torch.exp(-distance / 18) + 1e-6
        return soft.logit().expand(2, 1, -1, -1)


def test_predicted_foreground_is_carried_into_the_view(model, observed):
    observed.foreground_teacher = Blob((20.0, 17.0))
    turned = np.array([[0, -1.2, 50], [1.2, 0, -10]], np.float32)
    mirrored = np.array([[-0.8, 0, 40], [0, 0.8, 3]], np.float32)
    shifted = np.array([[1, 0, 3], [0, 1, -4]], np.float32)
    for view, mats in (
        ('target_teacher', [np.eye(2, 3, dtype=np.float32), shifted]),
        ('target_student', [turned, mirrored]),
    ):
        for sample, mat in zip(observed[view].data_samples, mats):
            sample.set_metainfo(dict(warp_mat=mat))
    soft = observed.foreground('target_student')
    matrices = between_views(
        observed['target_teacher'].warp_mats, observed['target_student'].warp_mats
    )
    expected = transform_points(torch.tensor([[[20.0, 17.0]]] * 2), matrices)[:, 0]
    mass = soft[:, 0] / soft[:, 0].sum((1, 2), keepdim=True)
    x = (mass.sum(1) * torch.arange(48)).sum(-1)
    y = (mass.sum(2) * torch.arange(32)).sum(-1)
    # 50 - 1.2 * 17, 1.2 * 20 - 10; 40 - 0.8 * (20 - 3), 3 + 0.8 * (17 + 4)
    torch.testing.assert_close(expected, torch.tensor([[29.6, 14], [26.4, 19.8]]))
    assert (torch.stack([x, y], 1) - expected).abs().max() < 0.1


def test_the_teachers_prediction_does_not_stand_in_for_masks_of_the_source(model):
    observed = observe(model, make_batch(foreground=False))
    assert observed.dataset_masks('source') is None
    with pytest.raises(UserError, match='mask'):
        observed.foreground('source')


def test_warp_mats_are_those_of_the_samples(observed):
    seen = observed['target_student']
    for found, sample in zip(seen.warp_mats, seen.data_samples):
        np.testing.assert_array_equal(found[:2].numpy(), sample.metainfo['warp_mat'])


def test_pseudo_labels_are_told_once_for_all_parts(model):
    observed = observe(model, make_batch())
    heads = count_calls(model.teacher.module.head)
    points, confidence = observed.pseudo_labels
    assert all(a is b for a, b in zip(observed.pseudo_labels, (points, confidence)))
    assert len(heads) == 1
    teacher, student = observed['target_teacher'], observed['target_student']
    matrices = between_views(teacher.warp_mats, student.warp_mats)
    expected = transform_points(teacher.distributions.points(), matrices)
    torch.testing.assert_close(points, expected)
    assert torch.equal(confidence, teacher.distributions.confidence())
    assert not points.requires_grad
