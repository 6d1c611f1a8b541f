"""People with the joints of Human3.6M: upright, otherwise the 16-joint human's."""

import numpy as np
import pytest
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_uda.metainfo import HUMAN16, HUMAN17, named_metainfo
from mmpose_uda.synthetic.human import HumanBody
from mmpose_uda.synthetic.human17 import human17_body
from mmpose_uda.synthetic.human_range import FRONTAL
from mmpose_uda.synthetic.looks import LOOKS
from mmpose_uda.synthetic.sample import make_sample

# what the joints that both have are called
RENAMED = dict(pelvis='root', right_ankle='right_foot', left_ankle='left_foot')
RENAMED.update(head_top='head')


def names(metainfo):
    return [metainfo['keypoint_info'][i]['name'] for i in metainfo['keypoint_info']]


def samples(body, domain):
    """Three pictures of a body."""
    look = LOOKS[domain]('test')
    return [make_sample(np.random.default_rng(i), body, look, 64) for i in range(3)]


def test_keypoints_are_those_of_mmpose():
    assert named_metainfo('human17') is HUMAN17
    ours = parse_pose_metainfo(HUMAN17)
    theirs = parse_pose_metainfo(dict(from_file='configs/_base_/datasets/h36m.py'))
    for key in ('keypoint_id2name', 'flip_indices', 'skeleton_links'):
        assert ours[key] == theirs[key], key
    assert len(ours['sigmas']) == 17


@pytest.mark.parametrize('domain', ['rendered', 'photo'])
def test_labels_do_not_change_the_picture(domain):
    """The 16-joint human of the same range has the same pictures and common labels."""
    here, there = names(HUMAN17), names(HUMAN16)
    pairs = [(i, RENAMED.get(name, name)) for i, name in enumerate(there)]
    pairs = [(i, here.index(name)) for i, name in pairs if name in here]
    assert len(pairs) == 15
    old, new = np.array(pairs).T
    bodies = HumanBody(FRONTAL), human17_body()
    for first, second in zip(*(samples(body, domain) for body in bodies)):
        np.testing.assert_array_equal(first.image, second.image)
        np.testing.assert_array_equal(first.mask, second.mask)
        np.testing.assert_array_equal(first.bbox, second.bbox)
        np.testing.assert_array_equal(first.keypoints[old], second.keypoints[new])
        np.testing.assert_array_equal(first.keypoints_3d[old], second.keypoints_3d[new])


def test_depth_says_which_side_is_nearer():
    """Who turns to the left of the picture has the left shoulder nearer the camera."""
    body, agree, turns = human17_body(), [], []
    for i in range(80):
        posed = body.sample(np.random.default_rng(i), 'photo')
        joints = dict(zip(body.joint_names, posed.labelled.joints))
        side = joints['left_shoulder'] - joints['right_shoulder']
        nose = joints['neck_base'] - joints['thorax']
        turns.append(np.degrees(np.arctan2(side[2], side[0])))
        if abs(turns[-1]) > 25:
            agree.append((side[2] > 0) == (nose[0] > 0))
        assert nose[2] < 60  # the face is towards the camera, which looks along z
    assert np.mean(agree) > 0.8 and len(agree) > 20
    assert 20 < np.std(turns) < 60


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
