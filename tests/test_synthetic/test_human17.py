"""People with the joints of Human3.6M: the pictures of the 16-joint human."""

import json

import numpy as np
import pytest
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_uda.metainfo import HUMAN16, HUMAN17, named_metainfo
from mmpose_uda.synthetic import ensure_builtin
from mmpose_uda.synthetic.human17 import human17_body

# what the joints that both have are called
RENAMED = dict(pelvis='root', right_ankle='right_foot', left_ankle='left_foot')
RENAMED.update(head_top='head')


def names(metainfo):
    return [metainfo['keypoint_info'][i]['name'] for i in metainfo['keypoint_info']]


def labels(root, key):
    """All labels [N, K, ...] of a data set, in the order of the files."""
    return np.array(
        [
            annotation[key]
            for path in sorted(root.glob('*/annotations/*.json'))
            for annotation in json.loads(path.read_text())['annotations']
        ]
    )


@pytest.fixture(scope='module')
def humans(tmp_path_factory):
    """Roots of the same people with 16 and with 17 joints."""
    root = tmp_path_factory.mktemp('humans')
    for name in ('human', 'human17'):
        ensure_builtin(name, str(root / name), seed=5, num_train=9, num_test=3, workers=2)
    return root / 'human', root / 'human17'


def test_keypoints_are_those_of_mmpose():
    assert named_metainfo('human17') is HUMAN17
    ours = parse_pose_metainfo(HUMAN17)
    theirs = parse_pose_metainfo(dict(from_file='configs/_base_/datasets/h36m.py'))
    for key in ('keypoint_id2name', 'flip_indices', 'skeleton_links'):
        assert ours[key] == theirs[key], key
    assert len(ours['sigmas']) == 17


def test_pictures_are_those_of_the_16_joint_human(humans):
    human, human17 = humans
    pictures = sorted(p.relative_to(human) for p in human.rglob('*.[jp][pn]g'))
    assert len(pictures) == 2 * 2 * 12
    for path in pictures:
        assert (human / path).read_bytes() == (human17 / path).read_bytes(), path


def test_labels_of_common_joints_are_the_same(humans):
    there, here = names(HUMAN16), names(HUMAN17)
    pairs = [(i, RENAMED.get(name, name)) for i, name in enumerate(there)]
    pairs = [(i, here.index(name)) for i, name in pairs if name in here]
    assert len(pairs) == 15
    old, new = np.array(pairs).T
    for key in ('keypoints_3d', 'keypoints'):
        first, second = (labels(root, key).reshape(24, -1, 3) for root in humans)
        np.testing.assert_array_equal(first[:, old], second[:, new])
    np.testing.assert_array_equal(*(labels(root, 'bbox') for root in humans))


def test_spine_and_nose_are_where_people_have_them():
    body, spine, nose, ahead = human17_body(), [], [], []
    for i in range(60):
        posed = body.sample(np.random.default_rng(i), 'rendered')
        joints = dict(zip(body.joint_names, posed.labelled.joints * body.scale))
        np.testing.assert_allclose(joints['root'], 0, atol=1e-9)
        spine.append(np.linalg.norm(joints['spine'] - joints['root']))
        spine[-1] /= np.linalg.norm(joints['thorax'] - joints['spine'])
        nose.append(np.linalg.norm(joints['head'] - joints['neck_base']))
        right = joints['right_shoulder'] - joints['left_shoulder']
        up = joints['thorax'] - joints['spine']
        # y is down and z forward: right x up points to where the chest does
        forward = np.cross(up, right)
        ahead.append(forward @ (joints['neck_base'] - joints['thorax']) > 0)
    assert 0.7 < np.mean(spine) < 1.1
    assert 140 < np.mean(nose) < 230
    assert np.mean(ahead) > 0.9
