import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from model_factory import CODEC, EMBED_DIMS, make_batch

from mmpose_uda import UserError
from mmpose_uda.codecs import lift_root_relative
from mmpose_uda.models.heads.base_pose3d_head import stack_labels
from mmpose_uda.models.heads.bone_shrinkage import BoneShrinkage

DEPTH_BINS = 5


@pytest.fixture
def head():
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type='VolumetricPose3DHead',
            in_channels=EMBED_DIMS,
            out_channels=21,
            depth_bins=DEPTH_BINS,
            upsample=2,
            upsample_channels=16,
            decoder=CODEC,
        )
    )


@pytest.fixture
def feats():
    torch.manual_seed(1)
    return (torch.randn(2, EMBED_DIMS, 4, 6) * 3,)


def test_upsamples_to_a_volume_a_keypoint(head, feats):
    assert head(feats).shape == (2, 21, DEPTH_BINS, 8, 12)


def test_marginals_of_the_volume(head, feats):
    torch.nn.init.normal_(head.to_volume.weight)
    logits = head(feats)
    predicted = head.distributions(logits)
    volume = logits.detach().double().flatten(2).softmax(-1).view(logits.shape)
    for axis, kept in zip(predicted.axes, ('w', 'h', 'd')):
        expected = torch.einsum(f'bkdhw->bk{kept}', volume)
        torch.testing.assert_close(axis.probs.double(), expected, atol=1e-5, rtol=1e-4)
        total = axis.probs.sum(-1)
        torch.testing.assert_close(total, torch.ones_like(total))


def test_axes_span_crop_and_depths(head, feats):
    x, y, z = head.distributions(head(feats)).axes
    for axis, bins, low, high in (
        (x, 12, -0.5, 47.5),
        (y, 8, -0.5, 31.5),
        (z, DEPTH_BINS, -100, 100),
    ):
        assert axis.probs.shape[-1] == bins
        assert axis.origin - axis.step / 2 == pytest.approx(low)
        assert axis.origin + axis.step * (bins - 0.5) == pytest.approx(high)


def test_a_peak_in_the_volume_is_the_prediction(head):
    logits = torch.full((1, 21, DEPTH_BINS, 8, 12), -50.0)
    logits[0, :, 3, 2, 7] = 50  # depth, row, column
    mean = head.distributions(logits).points()
    # bins of 4 px and of 40 mm
    torch.testing.assert_close(mean[0, 0], torch.tensor([29.5, 9.5, 40.0]))


def test_a_new_head_is_unsure(head, feats):
    predicted = head.distributions(head(feats))
    assert predicted.confidence().max() < 0.5
    centre = predicted.points() - torch.tensor([23.5, 15.5, 0])
    assert centre.abs().max() < 15


def test_loss_is_that_of_the_labels(head, feats):
    samples = make_batch()['data_samples']['source']
    points, weights = stack_labels(samples)
    assert points.shape == (2, 21, 3) and weights.shape == (2, 21)
    assert torch.equal(points[1], samples[1].gt_instance_labels.keypoint_labels[0])
    losses = head.loss(feats, samples)
    expected = head.loss_module(head.distributions(head(feats)), points, weights)
    assert losses.keys() == {'loss_kpt'} and torch.equal(losses['loss_kpt'], expected)


def test_learns_how_short_bones_get_in_training_only(head, feats):
    samples = make_batch()['data_samples']['source']
    head.eval()
    head.loss(feats, samples)
    assert head.shrinkage.ratio == 1
    head.train()
    head.loss(feats, samples)
    expected = BoneShrinkage(CODEC['skeleton'])
    points, weights = stack_labels(samples)
    scales = torch.cat([sample.gt_instance_labels.mm_per_px for sample in samples])
    expected.update(head.distributions(head(feats)).points(), points, weights, scales)
    assert head.shrinkage.ratio == expected.ratio < 1


def test_predictions(head, feats):
    torch.nn.init.normal_(head.to_volume.weight)
    head.shrinkage.ratio.fill_(0.75)
    samples = make_batch()['data_samples']['target_teacher']
    del samples[1].camera
    with torch.no_grad():
        instances = head.predict(feats, samples, test_cfg=dict(flip_test=False))
        predicted = head.distributions(head(feats))
    mean, confidence = predicted.points().numpy(), predicted.confidence().numpy()
    assert len(instances) == 2
    for i, instance in enumerate(instances):
        assert isinstance(instance, InstanceData)
        assert instance.keypoints.shape == (1, 21, 2)
        assert instance.keypoint_scores.shape == (1, 21)
        assert instance.keypoints_3d.shape == (1, 21, 3)
        np.testing.assert_array_equal(instance.keypoints[0], mean[i, :, :2])
        np.testing.assert_array_equal(instance.keypoint_scores[0], confidence[i])
        camera = samples[i].metainfo.get('camera')
        assert (camera is None) == (i == 1)
        expected = lift_root_relative(
            mean[i : i + 1, :, :2],
            mean[i : i + 1, :, 2],
            CODEC['skeleton'],
            0.75 * CODEC['total_length'],
            **{key: value[None] for key, value in (camera or {}).items()},
        )
        np.testing.assert_allclose(instance.keypoints_3d, expected, rtol=1e-6)
        assert (instance.keypoints_3d[:, 0] == 0).all()


def test_marginals_of_a_very_sure_volume_still_have_a_gradient(head):
    """Of 200 nats between the peak and the rest, in float32."""
    bins = head.depth_bins
    logits = torch.zeros(1, head.out_channels, bins, 4, 6)
    logits[:, :, 0, 0, 0] = 200
    logits.requires_grad_()
    for axis in head.distributions(logits).axes:
        assert axis.log_probs.isfinite().all()
        total = axis.log_probs[..., 1:].sum()
        (gradient,) = torch.autograd.grad(total, logits, retain_graph=True)
        assert gradient.isfinite().all() and (gradient[:, :, 0, 0, 0] < -1).all()


@pytest.mark.parametrize('factor', [1, 2, 4])
def test_the_volume_is_a_multiple_of_the_feature_map(head, feats, factor):
    larger = MODELS.build(
        dict(
            type='VolumetricPose3DHead',
            in_channels=EMBED_DIMS,
            out_channels=21,
            depth_bins=DEPTH_BINS,
            upsample=factor,
            upsample_channels=16,
            decoder=CODEC,
        )
    )
    assert larger(feats).shape == (2, 21, DEPTH_BINS, 4 * factor, 6 * factor)


def test_refuses_factors_that_doubling_does_not_make():
    with pytest.raises(UserError, match='upsample must be a power of two, not 3'):
        MODELS.build(
            dict(
                type='VolumetricPose3DHead',
                in_channels=EMBED_DIMS,
                out_channels=21,
                upsample=3,
                decoder=CODEC,
            )
        )


def test_of_two_places_the_likelier_is_the_prediction(head):
    """The mean of all lies where the keypoint is not."""
    logits = torch.full((1, 21, DEPTH_BINS, 8, 12), -50.0)
    logits[0, :, 1, 2, 3] = 1.0  # depth, row, column
    logits[0, :, 3, 6, 9] = 0.0
    between = head.distributions(logits).points()
    head.about_peak = True
    at_peak = head.distributions(logits).points()
    # bins of 4 px and of 40 mm
    torch.testing.assert_close(at_peak[0, 0], torch.tensor([13.5, 9.5, -40.0]))
    share = 1 / (1 + np.e)
    other = torch.tensor([37.5, 25.5, 40.0])
    expected = (1 - share) * at_peak[0, 0] + share * other
    torch.testing.assert_close(between[0, 0], expected.float(), atol=1e-3, rtol=1e-4)
