"""Statistics of hands whose poses are known."""

import json

import numpy as np
import pytest

from mmpose_uda.analysis.hand_statistics import hand_statistics
from mmpose_uda.errors import UserError
from mmpose_uda.synthetic.hand_skeleton import DOFS, HandShape, forward_kinematics

VIEWS = dict(
    palm=np.diag([1.0, -1.0, -1.0]), back=np.diag([-1.0, -1.0, 1.0])
)  # fingers up, from the palm's frame to the camera's


def hand(view='palm', **angles):
    pose = np.zeros((1, len(DOFS)))
    for name, value in angles.items():
        pose[0, DOFS.index(name)] = value
    joints = forward_kinematics(pose, HandShape.mean())[0][0]
    return joints @ VIEWS[view].T


def write(path, poses):
    labels = [dict(keypoints_3d=pose.tolist()) for pose in poses]
    path.write_text(json.dumps(dict(annotations=labels)))
    return str(path)


def column(path):
    rows = (line.split('|')[1:-1] for line in hand_statistics([path]).splitlines())
    return {name.strip(): value.strip() for name, value in rows}


def test_known_poses_are_told(tmp_path):
    fold = dict(index_mcp=70, index_pip=95, index_dip=50)
    half = dict(index_pip=45, index_dip=20)
    poses = [hand(), hand(**fold), hand(**half), hand('back')]
    found = column(write(tmp_path / 'a.json', poses))
    assert found['hands'] == '4'
    assert found['fingers straight'] == '88 %'  # 14 of 16
    assert found['fingers between'] == found['fingers folded'] == '6 %'
    assert found['hands with 4 straight fingers'] == '50 %'
    assert found['hands with 3 straight fingers'] == '50 %'
    assert found['palm to the camera'] == '75 %'
    assert found['back to the camera'] == '25 %'
    assert found['lean in the picture, degrees'].split(' ')[0] in ('3', '-3', '1', '-1')


def test_bends_at_the_knuckle_and_lean_are_measured(tmp_path):
    angles = {f'{name}_mcp': 30 for name in ('index', 'middle', 'ring', 'little')}
    lean = np.radians(40)
    cos, sin = np.cos(lean), np.sin(lean)
    leaning = hand(**angles) @ np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]).T
    found = column(write(tmp_path / 'a.json', [leaning]))
    bend = found['bend of straight fingers at the knuckle, degrees']
    assert float(bend.split(' ')[0]) == pytest.approx(30, abs=4)
    assert abs(float(found['lean in the picture, degrees'].split(' ')[0]) - 40) <= 3


def test_one_column_a_file(tmp_path):
    paths = [write(tmp_path / f'{i}.json', [hand()] * (i + 1)) for i in range(2)]
    table = hand_statistics(paths).splitlines()
    assert table[0] == f'|  | `{paths[0]}` | `{paths[1]}` |'
    assert table[2] == '| hands | 1 | 2 |'


@pytest.mark.parametrize(
    'content',
    ['[]', '{"annotations": []}', '{"annotations": [{"keypoints_3d": [[1, 2, 3]]}]}'],
)
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / 'a.json').write_text(content)
    with pytest.raises(UserError, match='a.json` have no `keypoints_3d` of 21 joints'):
        hand_statistics([str(tmp_path / 'a.json')])


def test_missing_file_is_told(tmp_path):
    with pytest.raises(UserError, match='none.json` cannot be read'):
        hand_statistics([str(tmp_path / 'none.json')])
