import json
from pathlib import Path

import pytest
from data_factory import write_pose_dataset
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS

from mmpose_uda.datasets.category_metainfo import metainfo_of_categories, other_side
from mmpose_uda.errors import UserError

BIRD = ['beak', 'left_wing', 'right_wing', 'tail']


@pytest.fixture
def file(tmp_path):
    path = Path(write_pose_dataset(tmp_path, 2, names=BIRD, keypoints_3d=False))
    content = json.loads(path.read_text())
    category = dict(id=0, name='bird', keypoints=BIRD, skeleton=[[1, 2], [1, 3], [1, 4]])
    content['categories'] = [dict(id=5, name='nest'), category]
    for annotation in content['annotations']:
        annotation['category_id'] = 0
    path.write_text(json.dumps(content))
    return path


def change(path, **values):
    content = json.loads(path.read_text())
    content['categories'][1].update(values)
    path.write_text(json.dumps(content))


def test_names_skeleton_and_pairs_are_those_of_the_file(file, tmp_path):
    parsed = parse_pose_metainfo(metainfo_of_categories(str(file)))
    assert list(parsed['keypoint_id2name'].values()) == BIRD
    assert parsed['flip_indices'] == [0, 2, 1, 3]
    assert parsed['skeleton_links'] == [(0, 1), (0, 2), (0, 3)]
    assert parsed['dataset_name'] == 'bird'
    dataset = DATASETS.build(
        dict(
            type='PoseDataset',
            data_root=str(tmp_path),
            ann_file='annotations/train.json',
            metainfo='categories',
        )
    )
    assert dataset.metainfo['flip_indices'] == [0, 2, 1, 3] and len(dataset) == 2


@pytest.mark.parametrize(
    'left, right',
    [
        ('left_eye', 'right_eye'),
        ('Left Eye', 'Right Eye'),
        ('eye-left', 'eye-right'),
        ('leftEye', 'rightEye'),
        ('LEFT_EYE', 'RIGHT_EYE'),
        ('eyeLeft', 'eyeRight'),
        ('l_eye', 'r_eye'),
        ('eye.L', 'eye.R'),
        ('eyeL', 'eyeR'),
    ],
)
def test_pairs_by_name(left, right):
    names = ['tail', left, right, 'cleft', 'leftover', 'bright']
    assert other_side(left, names) == right and other_side(right, names) == left
    for name in ('tail', 'cleft', 'leftover', 'bright'):
        assert other_side(name, names) is None


def test_a_side_without_its_other():
    assert other_side('left_eye', ['left_eye', 'right_ear']) is None


def test_a_file_that_names_nothing(file):
    change(file, keypoints=[])
    with pytest.raises(UserError, match='No category of .* lists its keypoints'):
        metainfo_of_categories(str(file))


def test_two_keypoints_of_one_name(file):
    change(file, keypoints=['a', 'a', 'b', 'c'])
    with pytest.raises(UserError, match='Two keypoints .* share a name'):
        metainfo_of_categories(str(file))


@pytest.mark.parametrize(
    'skeleton', [[[1, 9]], [[0, 1]], [[1, 2, 3]], [['beak', 'tail']], 5]
)
def test_a_skeleton_of_something_else(file, skeleton):
    change(file, skeleton=skeleton)
    with pytest.raises(UserError, match='skeleton of .* from 1 to 4'):
        metainfo_of_categories(str(file))
