import pytest
import torch
from model_factory import (
    build_adaptive,
    losses_of,
    make_batch,
    regression_estimator,
    resnet_estimator,
    vit_estimator,
)

from mmpose_uda import UserError
from mmpose_uda.models.losses.anatomical_plausibility_loss import implausibility
from mmpose_uda.models.utils import bone_lengths

PART = dict(type='AnatomicalPlausibility')


def build(**kwargs):
    model = build_adaptive(
        **{**dict(alignments=dict(anatomy=PART), foreground_head=None), **kwargs}
    )
    know_the_source(model)
    return model


def know_the_source(model, count=200):
    """Poses of the source: noise about one pose."""
    generator = torch.Generator().manual_seed(0)
    base = 30 * torch.randn(21, 3, generator=generator)
    poses = base + torch.randn(count, 21, 3, generator=generator)
    of_all = torch.ones(count, 21)
    model.source_statistics.note(poses, of_all, 0.5 * of_all, torch.ones(21))
    return poses


def observe(model, batch=None):
    return model.observe(**model.data_preprocessor(batch or make_batch(), training=True))


@pytest.mark.parametrize('make', [vit_estimator, regression_estimator])
def test_losses_of_the_student_s_poses(make):
    model = build(estimator=make())
    model.set_phase(['anatomy'])
    observed = observe(model)
    found = model.alignments['anatomy'](observed)
    statistics, student = model.source_statistics, observed['target_student']
    expected = implausibility(
        student.poses, statistics.bones, statistics.bounds(0.99), tuple(range(21))
    )
    assert list(found) == ['loss_range', 'loss_angle']  # a hand has one side
    for key, loss in found.items():
        torch.testing.assert_close(loss, 0.1 * expected[key[5:]].mean())
        assert loss > 0
    sum(found.values()).backward()
    gradient = next(model.student.backbone.patch_embed.parameters()).grad
    assert gradient.isfinite().all() and gradient.abs().sum() > 0


def test_predictions_are_lifted_as_they_are_tested():
    model = build()
    seen = observe(model)['target_student']
    poses = seen.poses
    total = bone_lengths(poses, model.source_statistics.bones).sum(1)
    decoder, ratio = model.student.head.decoder, model.student.head.shrinkage.ratio
    expected = (decoder.total_length * ratio).expand(2)
    torch.testing.assert_close(total, expected, rtol=1e-4, atol=0)
    points = seen.distributions.points().detach().numpy()
    _, expected = decoder.decode(points, None, float(ratio))
    found = poses - poses[:, :1]
    torch.testing.assert_close(found, torch.tensor(expected), rtol=1e-3, atol=0.05)


def test_before_labels_are_seen_nothing_is_wrong():
    model = build_adaptive(alignments=dict(anatomy=PART), foreground_head=None)
    model.set_phase(['anatomy'])
    losses = losses_of(model, make_batch())
    assert sum(losses.values()) == 0
    sum(losses.values()).backward()


def test_keypoints_without_labels_are_left_out():
    model = build()
    weights = torch.ones(1, 21)
    weights[:, 20] = 0
    model.labelled.note(weights)
    model.set_phase(['anatomy'])
    losses = losses_of(model, make_batch())
    sum(losses.values()).backward()
    gradient = model.student.head.to_volume.weight.grad.unflatten(0, (21, -1)).flatten(1)
    # only through the scale of the whole pose, which its bones are part of
    assert gradient[20].abs().sum() < 0.2 * gradient[:20].abs().sum(1).mean()


def test_a_2d_head_is_refused():
    with pytest.raises(UserError, match="'anatomy'.*3D.*HeatmapHead"):
        build_adaptive(
            estimator=resnet_estimator(),
            foreground_head=None,
            alignments=dict(anatomy=PART),
        )


@pytest.mark.parametrize('coverage', [0, 1, 99])
def test_what_is_no_share_is_refused(coverage):
    with pytest.raises(UserError, match='between 0 and 1'):
        build(alignments=dict(anatomy=dict(PART, coverage=coverage)))
