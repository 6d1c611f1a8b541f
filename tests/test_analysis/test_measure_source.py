import json
import math

import numpy as np
import pytest
from data_factory import write_pose_dataset
from published_factory import write_freihand, write_rendered_hand_pose

from mmpose_uda.apis import measure_source
from mmpose_uda.errors import UserError

BONES = [(0, 1), (1, 2), (2, 9), (9, 0)]


def write_config(folder, source, codec='Pose3DLabel', bones=BONES, root=2):
    codec = f"""dict(
        type='{codec}', input_size=(64, 64), depth_range=(-1, 1), skeleton={bones},
        total_length=1.0, root={root})"""
    path = folder / 'config.py'
    path.write_text(f"""
default_scope = 'mmpose'
model = dict(type='Any', estimator=dict(head=dict(type='Any', decoder={codec})))
train_dataloader = dict(
    dataset=dict(
        type='SourceTargetDataset',
        source={source!r},
        target=dict(type='PoseDataset', data_root='not made yet', labels=False),
        views=dict(),
    ))
""")
    return str(path)


def pose_source(root, **arguments):
    path = str(root)
    return dict(
        type='PoseDataset', data_root=path, ann_file='annotations/train.json', **arguments
    )


def slow_measures(poses, visible, root):
    """Poses one by one and bones one by one: lengths and absolute depths."""
    lengths, depths = [], []
    for pose, seen in zip(poses, visible):
        if all(seen[i] and seen[j] for i, j in BONES):
            lengths.append(sum(math.dist(pose[i], pose[j]) for i, j in BONES))
        if seen[root]:
            depths += [
                pose[k][2] - pose[root][2]
                for k in range(len(pose))
                if seen[k] and k != root
            ]
    return lengths, depths


@pytest.mark.parametrize('root', [0, 2])
def test_against_loops(tmp_path, root):
    ann_file = write_pose_dataset(tmp_path, 40)
    content = json.loads(ann_file.read_text())
    rng = np.random.default_rng(0)
    poses, visible = [], []
    for annotation in content['annotations']:
        points = np.array(annotation['keypoints'], float).reshape(-1, 3)
        points[:, 2] = np.where(rng.random(len(points)) < 0.1, 0, 2)
        annotation['keypoints'] = points.ravel().tolist()
        truth = np.array(annotation['keypoints_3d']).reshape(-1, 3)
        poses.append(truth.tolist())
        visible.append((points[:, 2] > 0).tolist())
        # what is not visible may hold anything
        wrong = np.where(points[:, 2:] > 0, truth, 1e5)
        annotation['keypoints_3d'] = wrong.tolist()
    for annotation in content['annotations'][:3]:
        del annotation['keypoints_3d']
    ann_file.write_text(json.dumps(content))
    config = write_config(tmp_path, pose_source(tmp_path), root=root)
    found = measure_source(config)

    lengths, depths = slow_measures(poses[3:], visible[3:], root)
    assert 10 < len(lengths) < 37
    assert (found.samples, found.unlabelled, found.whole) == (37, 3, len(lengths))
    mean = sum(lengths) / len(lengths)
    spread = (sum((x - mean) ** 2 for x in lengths) / len(lengths)) ** 0.5
    assert found.total_length == pytest.approx(mean, rel=1e-5)
    assert found.spread == pytest.approx(100 * spread / mean, rel=1e-4)
    assert found.depths == pytest.approx((min(depths), max(depths)), abs=1e-3)
    # 99.9 % lie between two depths, and what is between them goes in a straight line
    place = 0.999 * (len(depths) - 1)
    inner, outer = sorted(map(abs, depths))[math.floor(place) :][:2]
    reach = inner + (place % 1) * (outer - inner)
    low, high = found.depth_range
    assert low == -high and high == 10 * math.ceil(reach / 10) and found.root == root
    lines = str(found).splitlines()
    assert f'    depth_range=({low}, {high}),' in lines
    assert any(f'total_length={mean:.1f},' in line for line in lines)


def test_published_data_and_overrides(tmp_path):
    _, points = write_freihand(tmp_path)
    source = dict(type='FreiHAND', data_root='elsewhere', split='train', clean=True)
    config = write_config(tmp_path, source)
    where = {'train_dataloader.dataset.source.data_root': str(tmp_path)}
    found = measure_source(config, where)
    # 4 of the 5 frames, in four versions each; which, is the protocol's affair
    assert found.samples == found.whole == 16
    lengths, _ = slow_measures(1000 * points, np.ones(points.shape[:2]), 2)
    means = [np.mean(np.delete(lengths, n)) for n in range(5)]
    assert min(abs(found.total_length - mean) for mean in means) < 0.01


def test_what_cannot_be_measured_is_said(tmp_path):
    write_pose_dataset(tmp_path / 'flat', keypoints_3d=False)
    write_pose_dataset(tmp_path / 'deep')
    deep = pose_source(tmp_path / 'deep')
    with pytest.raises(UserError, match='has no `keypoints_3d`'):
        measure_source(write_config(tmp_path, pose_source(tmp_path / 'flat')))
    with pytest.raises(UserError, match='has no Pose3DLabel'):
        measure_source(write_config(tmp_path, deep, codec='MSRAHeatmap'))
    with pytest.raises(UserError, match='beyond the 21 keypoints'):
        measure_source(write_config(tmp_path, deep, bones=[(0, 21)]))
    with pytest.raises(UserError, match='names no source'):
        measure_source(write_config(tmp_path, deep), {'train_dataloader': None})
    # each of these hands lacks a keypoint
    write_rendered_hand_pose(tmp_path / 'rhd')
    rhd = dict(type='RenderedHandPose', data_root=str(tmp_path / 'rhd'), split='train')
    chain = [(k, k + 1) for k in range(20)]
    with pytest.raises(UserError, match='all bones and its root'):
        measure_source(write_config(tmp_path, rhd, bones=chain))
