import json
import math

import numpy as np
import pytest
import torch
from model_factory import (
    build_adaptive,
    equal_states,
    losses_of,
    make_batch,
    resnet_estimator,
)

from mmpose_uda import UserError
from mmpose_uda.metainfo import HUMAN16
from mmpose_uda.models.observation import (
    SourceStatistics,
    content_of,
    fill,
    read_statistics,
    statistics_for,
)
from mmpose_uda.models.observation.source_statistics import quantile
from mmpose_uda.models.utils import bone_cosines, relative_lengths

BONES = ((0, 1), (1, 2), (1, 3))
ALL = torch.ones(4)
BIN = math.log(128) / 256  # of a logarithm of lengths


def poses(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    base = torch.tensor([[0.0, 0, 0], [30, 0, 0], [50, 20, 0], [40, -30, 10]])
    return base + 3 * torch.randn(count, 4, 3, generator=generator)


def noted(*batches, confidence=None, weights=None, labelled=ALL):
    statistics = SourceStatistics(4, BONES, 3, unit=30.0)
    for batch in batches:
        of_all = torch.ones(batch.shape[:2])
        statistics.note(
            batch,
            of_all if weights is None else weights,
            0.5 * of_all if confidence is None else confidence,
            labelled,
        )
    return statistics


def test_bounds_are_the_quantiles_of_all_values():
    seen = [poses(400, seed) for seed in range(5)]
    found = noted(*seen).bounds(0.9)
    values = relative_lengths(torch.cat(seen), BONES, torch.ones(3)).numpy()
    for ends, level in zip(found.lengths, (0.05, 0.95)):
        np.testing.assert_allclose(
            ends.log(), np.log(np.quantile(values, level, axis=0)), atol=BIN
        )
    values = bone_cosines(torch.cat(seen), BONES).numpy()
    for ends, level in zip(found.cosines, (0.05, 0.95)):
        np.testing.assert_allclose(ends, np.quantile(values, level, axis=0), atol=2 / 256)


def test_bones_that_are_apart_have_lengths_and_no_angles():
    statistics = SourceStatistics(4, ((0, 1), (2, 3)), 3, unit=30.0)
    seen, there = poses(400), torch.ones(400, 4)
    statistics.note(seen, there, 0.5 * there, ALL)
    found = statistics.bounds(0.9)
    assert (found.lengths[0] < found.lengths[1]).all() and found.lengths[0].shape == (2,)
    assert found.cosines[0].shape == found.cosines[1].shape == (0,)


def test_a_few_poses_bound_nothing():
    bounds = noted(poses(99)).bounds(0.99)
    assert all((ends[0] == -math.inf).all() for ends in bounds)
    assert all((ends[1] == math.inf).all() for ends in bounds)


@pytest.mark.parametrize(
    'level, places', [(0.125, [2.25, 5.125]), (0.25, [2.5, 5.25]), (0.75, [4.5, 5.75])]
)
def test_quantiles_of_histograms(level, places):
    counts = torch.tensor([[0, 0, 4, 0, 4, 0], [0, 0, 0, 0, 0, 9]])
    expected = torch.tensor(places) / 6
    torch.testing.assert_close(quantile(counts, level), expected)
    torch.testing.assert_close(quantile(counts / 9, level), expected)


def test_order_and_batches_do_not_matter():
    batch = poses(64)
    assert equal_states(
        noted(batch).state_dict(), noted(batch[40:], batch[:40]).state_dict()
    )


def test_what_is_not_labelled_is_not_measured():
    batch, weights = poses(8), torch.ones(8, 4)
    weights[:3, 3] = 0
    batch[:3, 3] = torch.nan
    found = noted(batch, weights=weights)
    lengths, cosines, size = found.rows()
    assert lengths.sum(1).tolist() == [5, 5, 5]  # relative to a mean of all bones
    assert cosines.sum(1).tolist() == [8, 5, 5] and size.sum() == 5
    assert torch.equal(found.histograms, found.histograms.clamp_min(0))


def test_a_keypoint_without_any_label_leaves_the_others():
    labelled = torch.tensor([1.0, 1, 1, 0])
    weights = labelled.expand(8, 4)
    found = noted(poses(8), weights=weights, labelled=labelled)
    lengths, cosines, size = found.rows()
    assert lengths.sum(1).tolist() == [8, 8, 0] and size.sum() == 8
    assert cosines.sum(1).tolist() == [8, 0, 0]


def test_confidence_follows_the_student():
    batch = poses(4)
    found = noted(batch, confidence=torch.full((4, 4), 0.25))
    for _ in range(3):
        of_all = torch.ones(4, 4)
        confidence = of_all * torch.tensor([0.75, 0.75, torch.nan, 1.3])
        found.note(batch, of_all, confidence, ALL)
    old, new = 0.99**3, 1 - 0.99**3
    rows = found.confidence
    torch.testing.assert_close(rows[0, [16, 48]], torch.tensor([old, new]))
    assert rows[2, 16] == 1  # what is no number is not counted
    torch.testing.assert_close(rows[3, [16, 63]], torch.tensor([old, new]))
    torch.testing.assert_close(rows.sum(1), torch.ones(4))


def test_a_new_run_forgets_when_it_sees_labels_of_its_own():
    found = noted(poses(8))
    found.begin_run()
    assert found.histograms.sum() > 0
    found.note(poses(3, seed=1), torch.ones(3, 4), torch.full((3, 4), 0.5), ALL)
    assert equal_states(found.state_dict(), noted(poses(3, seed=1)).state_dict())


def test_statistics_of_another_skeleton_or_version_are_left():
    found = noted(poses(8))
    before = {name: value.clone() for name, value in found.state_dict().items()}
    found.load_state_dict({})
    other = SourceStatistics(4, BONES[:2], 3)
    found.load_state_dict({**other.state_dict(), 'confidence': before['confidence']})
    assert equal_states(found.state_dict(), before)


# ---- of a model ----------------------------------------------------------------------


def model_of(parts=(), **kwargs):
    return build_adaptive(alignments=dict(parts), foreground_head=None, **kwargs)


def test_a_model_learns_them_from_its_labels():
    model, batch = model_of(), make_batch(8)
    losses_of(model, batch)
    labels = [s.gt_instance_labels for s in batch['data_samples']['source']]
    points = torch.cat([label.keypoint_labels for label in labels])
    statistics = model.source_statistics
    expected = SourceStatistics(21, statistics.bones, 3, statistics.unit)
    expected.note(
        points * torch.tensor([8.0, 8, 1]),
        torch.ones(8, 21),
        torch.ones(8, 21),
        torch.ones(21),
    )
    assert torch.equal(statistics.histograms, expected.histograms)
    assert statistics.rows()[2].sum() == 8
    seen = model.observe(**model.data_preprocessor(batch, training=True))['source']
    mean = (statistics.confidence * (torch.arange(64) + 0.5) / 64).sum(1)
    assert ((mean - seen.distributions.confidence().mean(0)).abs() < 1 / 64).all()


def labels_2d(batch):
    """2D labels as mmpose packs them, in px of the image."""
    from mmengine.structures import InstanceData, PixelData

    for i, sample in enumerate(batch['data_samples']['source']):
        points = np.random.default_rng(i).uniform(0, 60, (1, 21, 2)).astype(np.float32)
        sample.gt_instances = InstanceData(keypoints=points)
        sample.gt_fields = PixelData(heatmaps=torch.rand(21, 2, 4))
    return batch


def test_of_2d_heads_bones_in_the_image():
    model = model_of(
        estimator=resnet_estimator(), source_statistics=dict(skeleton='hand21')
    )
    batch = labels_2d(make_batch(8, foreground=False))
    losses_of(model, batch)
    content = content_of(model.source_statistics, model.labelled.seen)
    assert content['unit'] == 'crop side' and content['poses'] == 8
    totals = []
    for sample in batch['data_samples']['source']:
        (points,) = sample.gt_instances.keypoints / 96
        bones = [points[a] - points[b] for a, b in content['skeleton']]
        totals.append(np.linalg.norm(bones, axis=1).sum())
    assert abs(content['total_length']['mean'] / np.mean(totals) - 1) < 0.02


def test_a_2d_head_without_a_skeleton_has_its_confidence():
    model = model_of(estimator=resnet_estimator())
    losses_of(model, labels_2d(make_batch(8, foreground=False)))
    content = content_of(model.source_statistics, model.labelled.seen)
    assert content['skeleton'] == [] and 'bone_lengths' not in content
    assert len(content['confidence']) == 21


def test_a_name_is_a_skeleton():
    head = build_adaptive().student.head
    with pytest.raises(UserError, match="no metainfo 'dog'"):
        statistics_for(head, skeleton='dog')
    with pytest.raises(UserError, match='beyond the 21 keypoints'):
        statistics_for(head, skeleton=[(0, 21)])
    assert len(statistics_for(head, skeleton='human16').bones) == len(
        HUMAN16['skeleton_info']
    )


# ---- the file ------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    model = model_of()
    for seed in range(2):
        losses_of(model, make_batch(8, seed=seed))
    path = tmp_path / 'source_statistics.json'
    model.labelled.seen[3] = False
    content = content_of(model.source_statistics, model.labelled.seen)
    path.write_text(json.dumps(content))
    return model, path, content


def test_what_is_written_is_read_again(file):
    model, path, _ = file
    other = model_of(source_statistics=dict(file=str(path)))
    for name, value in model.source_statistics.state_dict().items():
        found = other.source_statistics.state_dict()[name]
        torch.testing.assert_close(found, value, rtol=1e-7, atol=0)
    assert torch.equal(other.labelled.seen, model.labelled.seen)
    other.begin_run()  # and one that sees no source keeps it
    assert torch.equal(
        other.source_statistics.histograms, model.source_statistics.histograms
    )


def test_it_says_what_was_seen(file):
    _, _, content = file
    assert content['poses'] == 16 and content['unit'] == 'mm'
    assert content['labelled_keypoints'] == [k for k in range(21) if k != 3]
    assert len(content['bone_lengths']) == 20 and len(content['bone_cosines']) == 25
    for described in content['bone_lengths'] + content['bone_cosines']:
        assert described['quantiles'] == sorted(described['quantiles'])
        low, high = described['quantiles'][0], described['quantiles'][-1]
        assert low <= described['mean'] <= high
    assert abs(np.mean([row['mean'] for row in content['bone_lengths']]) - 1) < 0.02


def test_nothing_is_said_of_nothing():
    model = model_of()
    assert content_of(model.source_statistics, model.labelled.seen) is None


@pytest.mark.parametrize(
    'change, message',
    [
        (dict(format=2), 'has the format 2'),
        (dict(keypoints=22), 'keypoints=22, but the head has 21'),
        (dict(dimensions=2), 'dimensions=2, but the head has 3'),
        (dict(histograms=None), 'no statistics of a source'),
        (dict(labelled_keypoints=[21]), 'not among its 21'),
        (dict(labelled_keypoints=3), 'not among its 21'),
        (dict(skeleton=[[0, 'x']]), 'not among its 21'),
        (dict(skeleton=[[0]]), 'not among its 21'),
        (dict(rows=[]), "'rows'.*damaged"),
        (dict(rows=[[0, ['x']]] * 46), "'rows'.*damaged"),
        (dict(rows=[[250, [1] * 9]] * 46), "'rows'.*damaged"),
    ],
)
def test_another_file_is_refused(file, change, message):
    _, path, content = file
    for key, value in change.items():
        holder = content['histograms'] if key == 'rows' else content
        holder[key] = value
        if value is None:
            del holder[key]
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=message):
        model_of(source_statistics=dict(file=str(path)))


@pytest.mark.parametrize('text', ['{', '[]', '3'])
def test_what_is_no_such_file(tmp_path, text):
    path = tmp_path / 'file.json'
    with pytest.raises(UserError, match='There is no file'):
        read_statistics(str(path))
    path.write_text(text)
    with pytest.raises(UserError, match='file.json'):
        read_statistics(str(path))


def test_fill_takes_no_other_skeleton(file):
    _, path, content = file
    with pytest.raises(UserError, match='damaged'):
        fill(SourceStatistics(21, BONES, 3), content, str(path))
