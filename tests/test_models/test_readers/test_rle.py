import math

import pytest
import torch
from head_factory import KEYPOINTS, SIZE, head_config
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from mmpose_uda.models.readers import find_reader, find_weighings

OUTPUTS = torch.randn(2, KEYPOINTS, 4, generator=torch.Generator().manual_seed(3))


@pytest.fixture
def reader():
    torch.manual_seed(0)
    return find_reader(MODELS.build(head_config('RLE')))


def test_points_are_those_of_the_codec(reader):
    decoded, _ = reader.head.decoder.decode(OUTPUTS.numpy())
    found = reader.distributions(OUTPUTS).points()
    torch.testing.assert_close(found, torch.from_numpy(decoded).float())


def test_confidence_is_the_share_of_small_errors_in_px(reader):
    found = reader.distributions(OUTPUTS).confidence()
    for b in range(2):
        for k in range(KEYPOINTS):
            expected = 1.0
            for axis, side in enumerate(SIZE):
                scale = side / (1 + math.exp(-OUTPUTS[b, k, 2 + axis]))  # px
                expected *= 1 - math.exp(-0.1 * max(SIZE) / scale)
            assert found[b, k].item() == pytest.approx(expected, rel=1e-5)


def test_labels_weigh_as_much_as_the_teacher_is_sure(reader):
    """mmpose's loss multiplies by the weight: half the weight, half the loss."""
    targets = reader.render_targets(torch.tensor([[[30.0, 20], [4, 40], [56, 8]]] * 2))
    (weighing,) = find_weighings(reader.loss_terms(OUTPUTS, targets))
    assert weighing.is_linear


def test_the_rows_of_a_layer_are_of_one_keypoint_each(reader):
    weight = reader.keypoint_layer.weight
    features = torch.randn(1, weight.shape[1], requires_grad=True)
    reader.head((features,))[0, 1].sum().backward()
    changed = weight.grad.view(KEYPOINTS, -1).abs().sum(1) > 0
    assert changed.tolist() == [False, True, False]


@pytest.mark.parametrize('labelled', [True, False])
def test_labels_of_a_teacher_do_not_tell_how_far_off_the_head_is(reader, labelled):
    points = torch.tensor([[[30.0, 20], [4, 40], [56, 8]]])
    outputs = reader.head((torch.randn(1, reader.head.in_channels),))
    targets, weights = reader.render_targets(points), torch.ones(1, KEYPOINTS)
    if labelled:
        labels = InstanceData(keypoint_labels=targets, keypoint_weights=weights)
        sample = PoseDataSample()
        sample.gt_instance_labels = labels
        loss = reader.supervised_loss(outputs, [sample])
    else:
        loss = reader.loss(outputs, targets, weights)
    loss.backward()
    rows = reader.head.fc.weight.grad.abs().sum(1).view(KEYPOINTS, 4)
    assert (rows[:, :2] > 0).all() and ((rows[:, 2:] > 0) == labelled).all()
    learned = [p.grad is not None for p in reader.head.loss_module.parameters()]
    assert all(learned) if labelled else not any(learned)
