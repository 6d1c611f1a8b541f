"""Statistics of poses, against people drawn by hand."""

import json

import numpy as np
import pytest

from mmpose_uda.apis import pose_statistics
from mmpose_uda.errors import UserError

NAMES = [
    f'{side}_{joint}'
    for joint in ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')
    for side in ('left', 'right')
]
# Seen from before, y down, arms bent by 90 degrees, legs straight.
PERSON = np.array(
    [
        *((130, 100), (70, 100), (130, 150), (70, 150), (180, 150), (20, 150)),
        *((120, 200), (80, 200), (120, 300), (80, 300), (120, 400), (80, 400)),
    ],
    dtype=float,
)


def turned(degrees):
    """The person, leaning to the right of the image."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (PERSON - 100) @ turn.T + 100


def write(path, people, names=NAMES, flags=2):
    people = [np.concatenate([p, np.full((len(p), 1), flags)], axis=1) for p in people]
    content = dict(
        images=[dict(id=1, file_name='a.jpg')],
        annotations=[
            dict(id=i, image_id=1, keypoints=p.ravel().tolist())
            for i, p in enumerate(people, 1)
        ],
        categories=[dict(id=1, name='person', keypoints=names)],
    )
    path.write_text(json.dumps(content))
    return str(path)


def test_trunks_and_angles(tmp_path):
    away = PERSON * (-1, 1) + (200, 0)
    people = [PERSON, away, turned(60), turned(120)]
    found = pose_statistics(write(tmp_path / 'a.json', people))
    assert (found.people, found.tilted, found.upside_down) == (4, 0.5, 0.25)
    assert found.facing_away == pytest.approx(1 / 3)  # of those with the head up
    np.testing.assert_allclose(found.angles['elbow'], 90, atol=0.1)
    np.testing.assert_allclose(found.angles['knee'], 180, atol=0.1)
    assert found.cells[:5] == ['4', '50 %', '25 %', '33 %', '90 / 90 / 90']


def test_feet_of_human36m_are_ankles(tmp_path):
    names = [name.replace('ankle', 'foot') for name in NAMES]
    found = pose_statistics(write(tmp_path / 'a.json', [PERSON], names))
    np.testing.assert_allclose(found.angles['knee'], 180, atol=0.1)


def test_keypoints_that_are_not_labelled_do_not_count(tmp_path):
    half = write(tmp_path / 'a.json', [PERSON])
    content = json.loads(open(half).read())
    ankles = 3 * NAMES.index('left_ankle') + 2, 3 * NAMES.index('right_ankle') + 2
    for place in ankles:
        content['annotations'][0]['keypoints'][place] = 0
    (tmp_path / 'b.json').write_text(json.dumps(content))
    found = pose_statistics(str(tmp_path / 'b.json'))
    assert np.isnan(found.angles['knee']).all() and found.angles['hip'][0] > 160


def test_what_cannot_be_measured_is_told(tmp_path):
    with pytest.raises(UserError, match='has no keypoint .left_knee'):
        names = [name.replace('left_knee', 'left_kneecap') for name in NAMES]
        pose_statistics(write(tmp_path / 'a.json', [PERSON], names))
    with pytest.raises(UserError, match='shows no person'):
        pose_statistics(write(tmp_path / 'b.json', [PERSON], flags=0))


def test_other_categories_are_no_people(tmp_path):
    path = tmp_path / 'a.json'
    write(path, [PERSON])
    content = json.loads(path.read_text())
    content['categories'][:0] = [
        dict(id=3, name='ball', keypoints=[]),
        dict(id=2, name='car'),
    ]
    content['annotations'].append(dict(id=9, image_id=1, category_id=3, keypoints=[1.0]))
    path.write_text(json.dumps(content))
    assert pose_statistics(str(path)).people == 1


@pytest.mark.parametrize('keypoints', ['a', 3, [1, 2, 2], ['a'] * 36])
def test_labels_that_are_none_are_named(tmp_path, keypoints):
    path = tmp_path / 'a.json'
    write(path, [PERSON])
    content = json.loads(path.read_text())
    content['annotations'][0]['keypoints'] = keypoints
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match='keypoints.*annotation 1 of.*a.json'):
        pose_statistics(str(path))
