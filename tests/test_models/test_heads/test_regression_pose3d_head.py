import numpy as np
import pytest
import torch
from mmpose.registry import MODELS
from model_factory import (
    CODEC,
    EMBED_DIMS,
    INPUT_SIZE,
    NUM_KEYPOINTS,
    make_batch,
    regression_estimator,
)

from mmpose_uda.codecs import lift_root_relative
from mmpose_uda.models.heads.base_pose3d_head import stack_labels
from mmpose_uda.models.readers import find_reader, fitting_heads


@pytest.fixture
def head():
    torch.manual_seed(0)
    return MODELS.build(regression_estimator()['head'])


@pytest.fixture
def feats():
    torch.manual_seed(1)
    return (torch.randn(2, EMBED_DIMS, 4, 6) * 3,)


@pytest.fixture
def samples():
    return make_batch()['data_samples']['source']


def unsettle(head):
    """Weights by which keypoints differ."""
    for layer in (head.to_joints, head.to_camera, head.to_errors):
        torch.nn.init.normal_(layer.weight, std=0.3)
    return head


def test_projects_the_joints_by_the_camera(head, feats):
    unsettle(head)
    positions, mm_per_px, log_errors = head(feats)
    hidden = head.hidden(feats[0].mean((2, 3)))
    joints = head.to_joints(hidden).view(2, NUM_KEYPOINTS, 3) * 100  # half the depths
    camera = head.to_camera(hidden)
    for b in range(2):
        px_per_mm = 16 / 100 * camera[b, 0].exp()  # half of 32 px
        assert mm_per_px[b].item() == pytest.approx(1 / px_per_mm.item(), rel=1e-5)
        centre = torch.tensor([23.5, 15.5]) + camera[b, 1:] * torch.tensor([24.0, 16])
        relative = joints[b] - joints[b, 0]
        torch.testing.assert_close(
            positions[b, :, :2], centre + px_per_mm * relative[:, :2]
        )
        torch.testing.assert_close(positions[b, :, 2], relative[:, 2])
    torch.testing.assert_close(log_errors.exp(), head.to_errors(hidden).sigmoid())


def test_takes_a_token(head, feats):
    token = feats[0].mean((2, 3))
    for one, other in zip(head((token,)), head(feats)):
        torch.testing.assert_close(one, other)


def test_a_new_head_is_unsure_and_in_the_middle(head, feats):
    predicted = head.distributions(head(feats))
    assert predicted.confidence().max() < 0.1
    assert (predicted.points()[..., :2] - torch.tensor([23.5, 15.5])).abs().max() < 5


def test_loss_is_that_of_the_labels_and_of_the_errors(head, feats, samples):
    unsettle(head)
    losses = head.loss(feats, samples)
    points, weights = stack_labels(samples)
    predicted = head.distributions(head(feats))
    scales = torch.full((2,), 8.0)
    errors = (predicted.positions - points)[..., :2].abs() / 48
    expected = head.loss_module(predicted, points, scales, weights)
    expected = expected + head.scale_loss(predicted.log_scales, errors, weights)
    assert losses.keys() == {'loss_kpt'}
    torch.testing.assert_close(losses['loss_kpt'], expected)


def test_descent_on_labels_finds_points_scale_and_confidence(head, feats, samples):
    optimizer = torch.optim.Adam(head.parameters(), lr=1e-2)
    losses = []
    for _ in range(300):
        loss = head.loss(feats, samples)['loss_kpt']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    points, _ = stack_labels(samples)
    predicted = head.distributions(head(feats))
    assert (predicted.points() - points).abs().mean() < 1.5
    torch.testing.assert_close(predicted.mm_per_px, torch.full((2,), 8.0), rtol=0.1, atol=0)
    assert predicted.confidence().mean() > 0.7
    assert losses[-1] < 0.2 * losses[0]


# ---- predictions ---------------------------------------------------------------------


def test_without_a_camera_the_pose_is_the_regressed_joints(head, feats, samples):
    unsettle(head)
    for sample in samples:
        del sample.camera
    instances = head.predict(feats, samples)
    predicted = head.distributions(head(feats))
    for b, instance in enumerate(instances):
        assert instance.keypoints_3d.shape == (1, NUM_KEYPOINTS, 3)
        pose = predicted.pose()[b].detach().numpy()
        np.testing.assert_allclose(instance.keypoints_3d[0], pose, atol=0.05)
        np.testing.assert_array_equal(
            instance.keypoints[0], predicted.points()[b, :, :2].detach()
        )
        np.testing.assert_array_equal(
            instance.keypoint_scores[0], predicted.confidence()[b].detach()
        )


def test_a_camera_sees_the_same_size(head, feats, samples):
    unsettle(head)
    samples[1].set_metainfo(
        dict(camera=dict(focal=[90.0, 90.0], principal_point=[-60.0, 10.0]))
    )
    instances = head.predict(feats, samples)
    predicted = head.distributions(head(feats))
    for b, instance in enumerate(instances):
        camera = samples[b].metainfo['camera']
        points = predicted.points()[b : b + 1].detach().numpy()
        pose = predicted.pose()[b].detach().numpy()
        length = sum(np.linalg.norm(pose[j] - pose[i]) for i, j in CODEC['skeleton'])
        expected = lift_root_relative(
            points[..., :2],
            points[..., 2],
            CODEC['skeleton'],
            length,
            **{key: np.array([value]) for key, value in camera.items()},
        )
        np.testing.assert_allclose(instance.keypoints_3d, expected, atol=0.05)
        assert np.abs(instance.keypoints_3d[0] - pose).max() > 1


# ---- what parts read -----------------------------------------------------------------


@pytest.fixture
def reader(head):
    return find_reader(unsettle(head))


def test_the_reader_has_points_and_no_maps(reader, feats):
    assert type(reader).__name__ == 'RegressionReader' and not reader.has_maps
    assert 'RegressionPose3DHead' in fitting_heads()
    assert 'RegressionPose3DHead' not in fitting_heads(with_maps=True)
    outputs = reader.head(feats)
    assert torch.equal(reader.distributions(outputs).points(), outputs[0])
    with pytest.raises(NotImplementedError, match='RegressionReader'):
        reader.logits(outputs)


def test_supervised_loss_is_that_of_the_head(reader, feats, samples):
    found = reader.supervised_loss(reader.head(feats), samples)
    assert found == reader.head.loss(feats, samples)['loss_kpt']


def test_labels_have_a_scale_and_pseudo_labels_none(reader, feats, samples):
    (points, scales), weights = reader.stack_targets(samples)
    assert torch.equal(points, stack_labels(samples)[0])
    assert scales.tolist() == [8, 8] and weights.shape == (2, NUM_KEYPOINTS)
    rendered, unknown = reader.render_targets(points)
    assert torch.equal(rendered, points) and unknown.tolist() == [0, 0]
    outputs = reader.head(feats)
    own = outputs[1].detach()
    torch.testing.assert_close(
        reader.loss(outputs, (rendered, unknown), weights),
        reader.loss(outputs, (rendered, own), weights),
    )


def test_pseudo_labels_do_not_make_it_sure(reader, feats, samples):
    outputs = reader.head(feats)
    targets = reader.render_targets(stack_labels(samples)[0])
    reader.loss(outputs, targets, torch.ones(2, NUM_KEYPOINTS)).backward()
    assert reader.head.to_joints.weight.grad.abs().sum() > 0
    assert reader.head.to_errors.weight.grad is None


def test_nothing_leaves_the_device(reader, feats, samples, monkeypatch):
    def refuse(*_):
        raise AssertionError('a tensor was copied to the CPU or read by Python')

    for method in ('cpu', 'numpy', 'item', 'tolist', '__bool__', '__float__'):
        monkeypatch.setattr(torch.Tensor, method, refuse)
    outputs = reader.head(feats)
    predicted = reader.distributions(outputs)
    points = predicted.points()
    weights = predicted.confidence() * predicted.contains(points)
    reader.loss(outputs, reader.render_targets(points), weights)
    reader.supervised_loss(outputs, samples)


def test_it_computes_in_whole_precision_under_autocast(head, feats):
    with torch.autocast('cpu', torch.bfloat16):
        outputs = head(feats)
    assert all(output.dtype == torch.float32 for output in outputs)
    assert INPUT_SIZE == head.decoder.input_size
