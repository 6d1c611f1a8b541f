import json
from unittest.mock import patch

import numpy as np
from config_factory import CONFIG_DIR, tiny_config

from mmpose_uda.apis import mean_pose


def annotated(path, key):
    return np.array([a[key] for a in json.loads(path.read_text())['annotations']])


def test_mean_pose_against_a_loop(tmp_path):
    cfg = tiny_config(CONFIG_DIR / 'hand_3d.py', tmp_path, tmp_path / 'work')
    with patch.object(mean_pose, 'load_config', lambda path: cfg):
        result = mean_pose.mean_pose_baseline('any')
    train = tmp_path / 'rendered/annotations/train.json'
    test = tmp_path / 'photo/annotations/test.json'
    source, target = annotated(train, 'keypoints_3d'), annotated(test, 'keypoints_3d')
    mean = np.mean([pose - pose[0] for pose in source], axis=0)
    seen = annotated(test, 'keypoints').reshape(len(target), -1, 3)[..., 2] > 0
    errors = [
        np.linalg.norm(mean[k] - (pose[k] - pose[0]))
        for pose, visible in zip(target, seen)
        for k in range(len(pose))
        if visible[k] and visible[0]
    ]
    np.testing.assert_allclose(result['MPJPE'], np.mean(errors), rtol=1e-5)
    assert 0 < result['PA-MPJPE'] < result['MPJPE']
    assert 0 <= result['PCK'] <= 1
