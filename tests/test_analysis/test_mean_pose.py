import json
from unittest.mock import patch

import numpy as np
from config_factory import CONFIG_DIR, tiny_config
from mmpose.registry import DATASETS

from mmpose_uda.analysis import mean_pose


def annotated(path, key):
    return np.array([a[key] for a in json.loads(path.read_text())['annotations']])


def mean_pose_of(cfg):
    with patch.object(mean_pose, 'load_config', lambda path: cfg):
        return mean_pose.mean_pose_baseline('any')


def seen_keypoints(path):
    values = annotated(path, 'keypoints')
    values = values.reshape(len(values), -1, 3)
    return values[..., :2], values[..., 2] > 0


def test_3d_pose_against_a_loop(tmp_path):
    result = mean_pose_of(
        tiny_config(CONFIG_DIR / 'hand_3d.py', tmp_path, tmp_path / 'work')
    )
    train = tmp_path / 'rendered/annotations/train.json'
    test = tmp_path / 'photo/annotations/test.json'
    source, target = annotated(train, 'keypoints_3d'), annotated(test, 'keypoints_3d')
    mean = np.mean([pose - pose[0] for pose in source], axis=0)
    errors = [
        np.linalg.norm(mean[k] - (pose[k] - pose[0]))
        for pose, visible in zip(target, seen_keypoints(test)[1])
        for k in range(len(pose))
        if visible[k] and visible[0]
    ]
    np.testing.assert_allclose(result['target/MPJPE'], np.mean(errors), rtol=1e-5)
    assert 0 < result['target/PA-MPJPE'] < result['target/MPJPE']


def test_a_keypoint_without_a_label_is_nowhere(tmp_path):
    cfg = tiny_config(CONFIG_DIR / 'human_2d.py', tmp_path, tmp_path / 'work')
    expected = mean_pose_of(cfg)
    train = tmp_path / 'rendered/annotations/train.json'
    content = json.loads(train.read_text())
    # a copy of each person, whose keypoints but one have no label and a wild position
    for ann in list(content['annotations']):
        keypoints = np.reshape(ann['keypoints'], (-1, 3)).copy()
        keypoints[1:] = [900, 900, 0]
        copied = dict(ann, id=ann['id'] + 1000, keypoints=keypoints.ravel().tolist())
        content['annotations'].append(copied)
    train.write_text(json.dumps(content))
    assert mean_pose_of(cfg) == expected


def test_2d_pose_against_a_loop(tmp_path):
    result = mean_pose_of(
        tiny_config(CONFIG_DIR / 'human_2d.py', tmp_path, tmp_path / 'work')
    )
    train = tmp_path / 'rendered/annotations/train.json'
    test = tmp_path / 'photo/annotations/test.json'

    def boxes(path):
        """Centres and the sides of the square crops, which are padded by a quarter."""
        corner, side = np.split(annotated(path, 'bbox'), 2, axis=1)
        return corner + side / 2, 1.25 * side.max(1)

    mean = np.mean(
        [
            (points - center) / side
            for points, center, side in zip(seen_keypoints(train)[0], *boxes(train))
        ],
        axis=0,
    )
    hits = [
        np.linalg.norm(mean[k] - (points[k] - center) / side) < 0.05
        for points, visible, center, side in zip(*seen_keypoints(test), *boxes(test))
        for k in range(len(points))
        if visible[k]
    ]
    np.testing.assert_allclose(result['target/PCK'], np.mean(hits), rtol=1e-6)


def test_every_figure_of_the_config_is_told(tmp_path):
    cfg = tiny_config(CONFIG_DIR / 'human_3d.py', tmp_path, tmp_path / 'work')
    figures = {'MPJPE', 'PA-MPJPE', 'N-MPJPE', 'PCK3D', 'PCK3D-AUC', 'PCK'}
    assert set(mean_pose_of(cfg)) == {f'target/{name}' for name in figures}


def test_figures_off_heatmaps_are_left_out_and_large_sources_thinned(tmp_path):
    path = CONFIG_DIR / 'surreal2lsp.py'
    cfg = tiny_config(path, tmp_path, tmp_path / 'work')
    whole = mean_pose_of(cfg)
    assert 'target/PCK-elbow' in whole and not any('regda' in name for name in whole)
    read = []

    class Counted(DATASETS.get('SURREAL')):
        def __getitem__(self, index):
            read.append(index)
            return super().__getitem__(index)

    with (
        patch.object(mean_pose, '_MOST', 4),
        patch.dict(DATASETS.module_dict, SURREAL=Counted),
    ):
        mean_pose_of(cfg)
    count = 3 * 4 - 2  # images of the runs but what is held out
    assert read == list(range(0, count, 3))
