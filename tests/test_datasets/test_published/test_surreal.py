import json

import numpy as np
import pytest
from published_factory import write_surreal

from mmpose_uda.errors import UserError

# name of the keypoint -> joint of SMPL, by SMPL's own list
SMPL = dict(
    right_ankle=7, right_knee=4, right_hip=1, left_hip=2, left_knee=5, left_ankle=8,
    pelvis=0, thorax=9, upper_neck=12, head_top=15, right_wrist=20, right_elbow=18,
    right_shoulder=13, left_shoulder=14, left_elbow=19, left_wrist=21,
)  # fmt: skip


@pytest.fixture
def written(tmp_path):
    return write_surreal(tmp_path)


def files(dataset, root):
    return [item['img_path'].removeprefix(f'{root}/') for item in dataset]


def test_keypoints_are_joints_of_smpl(written, build):
    by_file = {sample['file']: sample for sample in written['val']}
    dataset = build('SURREAL', 'val')
    names = dataset.metainfo['keypoint_id2name']
    for item in dataset:
        (sample,) = (s for f, s in by_file.items() if item['img_path'].endswith(f))
        expected = [sample['keypoint2d'][SMPL[names[i]]] for i in range(16)]
        np.testing.assert_allclose(item['keypoints'][0], expected, rtol=1e-6)
        assert item['keypoints_visible'].tolist() == [[1] * 16]
        assert item['bbox'].tolist() == [[0, 0, 47, 47]]
        assert 'keypoints_3d' not in item and 'camera' not in item


def test_splits_are_the_published_ones(written, build, tmp_path, published_order):
    order = published_order(12)
    for split, chosen in (('train', order[2:]), ('test', order[:2]), ('val', order)):
        expected = [written[split][i]['file'] for i in chosen]
        assert files(build('SURREAL', split), tmp_path) == expected
        assert files(build('SURREAL', split, clean=True), tmp_path) == expected


@pytest.mark.parametrize(
    'change',
    [
        lambda samples: samples[1].pop('name'),
        lambda samples: samples[1].pop('keypoint2d'),
        lambda samples: samples[1]['keypoint2d'].pop(),
        lambda samples: samples[1]['keypoint2d'][3].append(1.0),
        lambda samples: samples[1].update(keypoint2d=[[float('nan')] * 2] * 24),
        lambda samples: samples.insert(0, 'no sample'),
    ],
)
def test_a_list_of_something_else(written, build, tmp_path, change):
    path = tmp_path / 'train/run1.json'
    samples = json.loads(path.read_text())
    change(samples)
    path.write_text(json.dumps(samples))
    match = '`train/run1.json` that does not hold `name` and 24'
    with pytest.raises(UserError, match=match):
        build('SURREAL', 'train')
    path.write_text('{}')
    with pytest.raises(UserError, match='`train/run1.json` that is not a list'):
        build('SURREAL', 'train')
