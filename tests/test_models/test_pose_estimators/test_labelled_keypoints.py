"""Keypoints that no label of the source was seen of."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from model_factory import NUM_KEYPOINTS, build_adaptive, losses_of, make_batch, part_configs

from mmpose_uda.models.losses import InfoMaxLoss
from mmpose_uda.models.pose_estimators.labelled_keypoints import LabelledKeypoints

UNLABELLED = [3, 7, 20]
LABELLED = [k for k in range(NUM_KEYPOINTS) if k not in UNLABELLED]
PARTS = dict(
    mean_teacher=dict(type='MeanTeacherConsistency'),
    occlusion=dict(type='KeypointOcclusion', prob=1.0, min_confidence=0.0),
    information=dict(type='InformationMaximization'),
)


def batch_without(keypoints=UNLABELLED):
    batch = make_batch()
    for sample in batch['data_samples']['source']:
        sample.gt_instance_labels.keypoint_weights[:, keypoints] = 0
    return batch


def test_labels_are_remembered_once_they_are_seen():
    labelled = LabelledKeypoints(3)
    assert labelled.mask.tolist() == [1, 1, 1]  # nothing is known yet
    labelled.note(torch.tensor([[0.0, 0.5, 0], [0, 0, 0]]))
    assert labelled.mask.tolist() == [0, 1, 0]
    labelled.note(torch.tensor([[1.0, 0, 0]]))
    assert labelled.mask.tolist() == [1, 1, 0]


def test_checkpoints_of_earlier_versions_have_labels_of_all():
    labelled = LabelledKeypoints(3)
    labelled.load_state_dict({})
    assert labelled.mask.tolist() == [1, 1, 1]


@pytest.mark.parametrize('selection', ['ConfidenceWeighting', 'QuantileSelection'])
def test_nothing_is_learned_of_them_on_the_target(selection):
    parts = dict(PARTS, mean_teacher=dict(PARTS['mean_teacher']))
    parts['mean_teacher']['selection'] = dict(type=selection)
    model = build_adaptive(alignments=parts, foreground_head=None)
    losses = losses_of(model, batch_without())
    sum(value for key, value in losses.items() if '/loss' in key).backward()
    gradient = model.student.head.to_volume.weight.grad.unflatten(0, (NUM_KEYPOINTS, -1))
    assert (gradient[UNLABELLED] == 0).all()
    assert (gradient.flatten(1).abs().sum(1)[LABELLED] > 0).sum() > len(LABELLED) / 3


def judged(confidence, labelled):
    """What a selection sees of pseudo labels whose confidence alone matters."""
    return SimpleNamespace(
        confidence=torch.where(labelled > 0, confidence, torch.nan),
        observed=SimpleNamespace(labelled_keypoints=labelled),
    )


def test_the_quantile_is_that_of_the_others():
    part = build_adaptive(
        alignments=dict(
            mean_teacher=dict(
                type='MeanTeacherConsistency', selection=dict(type='QuantileSelection')
            )
        )
    ).alignments['mean_teacher']
    confidence = torch.rand(4, NUM_KEYPOINTS)
    confidence[:, UNLABELLED] += 1  # would be the most certain
    labelled = torch.ones(NUM_KEYPOINTS)
    labelled[UNLABELLED] = 0
    weights = part.select(judged(confidence, labelled))
    assert (weights[:, UNLABELLED] == 0).all()
    assert weights[:, LABELLED].mean() == pytest.approx(0.5, abs=0.02)
    assert torch.equal(
        weights[:, LABELLED],
        part.selection(SimpleNamespace(confidence=confidence[:, LABELLED].contiguous())),
    )


@pytest.mark.parametrize('mode', ['normalized', 'released'])
def test_information_is_that_of_the_others(mode):
    maps, loss = torch.randn(3, 5, 6, 8), InfoMaxLoss(mode=mode)
    found = loss(maps, keypoints=torch.tensor([1.0, 0, 1, 1, 0]))
    torch.testing.assert_close(found, loss(maps[:, [0, 2, 3]]))


def test_metrics_do_not_count_them():
    model = build_adaptive(alignments={}, foreground_head=None)
    losses_of(model, batch_without())
    model.update_teacher()
    data = make_batch(views=['source'])
    data = {key: views['source'] for key, views in data.items()}
    visible = np.ones((1, NUM_KEYPOINTS))
    for sample in data['data_samples']:
        sample.gt_instances = InstanceData(
            bboxes=np.zeros((1, 4)), bbox_scores=np.ones(1), keypoints_visible=visible
        )
    model.eval()
    for sample in model.test_step(data):
        counted = sample.gt_instances.keypoints_visible[0]
        assert counted.nonzero()[0].tolist() == LABELLED
    assert visible.all()  # the data set keeps its own


def test_they_are_saved():
    model = build_adaptive(alignments=part_configs())
    losses_of(model, batch_without())
    other = build_adaptive(alignments=part_configs())
    other.load_state_dict(model.state_dict())
    assert (other.labelled.mask == 0).nonzero().flatten().tolist() == UNLABELLED


def test_a_run_that_begins_with_the_weights_of_another():
    """Its source may have fewer labels: whole poses are those of its own."""
    labelled = LabelledKeypoints(3)
    labelled.note(torch.ones(1, 3))
    labelled.begin_run()
    labelled.note(torch.tensor([[1.0, 1, 0]]))
    assert labelled.mask.tolist() == [1, 1, 1]
    assert labelled.seen_in_run.tolist() == [True, True, False]


def test_statistics_of_a_source_with_fewer_labels_than_the_one_before():
    model = build_adaptive()
    losses_of(model, make_batch())
    model.begin_run()
    losses_of(model, batch_without())
    lengths, _, size = model.source_statistics.rows()
    assert size.sum() == len(make_batch()['data_samples']['source'])
    unlabelled = [bool({*bone} & {*UNLABELLED}) for bone in model.source_statistics.bones]
    assert ((lengths.sum(1) == 0) == torch.tensor(unlabelled)).all()
