import json

import numpy as np
import pytest
from published_3d_factory import write_inter_hand

from mmpose_uda.datasets.transforms import MirrorRightHand
from mmpose_uda.errors import UserError

# the data set's own order of a hand, by the names of 'hand21'
FINGERS = ('thumb', 'forefinger', 'middle_finger', 'ring_finger', 'pinky_finger')
INTERHAND = [f'{finger}{i}' for finger in FINGERS for i in (4, 3, 2, 1)] + ['wrist']


@pytest.fixture
def written(tmp_path):
    return write_inter_hand(tmp_path)


def change(root, part, how, split='train'):
    path = root / f'annotations/{split}/InterHand2.6M_{split}_{part}.json'
    content = json.loads(path.read_text())
    how(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize('split', ['train', 'val', 'test'])
def test_hands_are_what_was_written(written, build, split):
    dataset = build('InterHand26M', split)
    hands = [one for one in written[split] if one['type'] != 'interacting']
    assert len(dataset) == len(hands) and len(hands) < len(written[split])
    assert {one['type'] for one in hands} == {'left', 'right'}
    ids = [INTERHAND.index(dataset.metainfo['keypoint_id2name'][i]) for i in range(21)]
    for item, one in zip(dataset, hands):
        assert item['img_path'].endswith(one['file'])
        assert item['img'].shape[1::-1] == one['size']
        assert item['hand_side'] == one['type'] and 'mask' not in item
        points = one['points'][21:] if one['type'] == 'left' else one['points'][:21]
        points = points[ids]
        np.testing.assert_allclose(item['keypoints_3d'][0], 1000 * points, rtol=1e-4)
        pixels = points @ one['camera'].T
        pixels = pixels[:, :2] / pixels[:, 2:]
        np.testing.assert_allclose(item['keypoints'][0], pixels, atol=0.5)
        camera = item['camera']
        np.testing.assert_allclose(camera['focal'], one['camera'].diagonal()[:2])
        np.testing.assert_allclose(camera['principal_point'], one['camera'][:2, 2])
        assert item['keypoints_visible'].all()
        left, upper, right, lower = item['bbox'][0]
        extent = np.ptp(pixels, 0).max()
        side = min(round(1.5 * extent), *one['size']) - 1
        assert right - left == lower - upper == side


def test_joints_that_are_not_valid(written, build, tmp_path):
    """The tip of the thumb is nowhere, which 1, 1, 1 stands for."""

    def lose(content):
        content['annotations'][0]['joint_valid'][0] = [0]

    change(tmp_path, 'data', lose)
    item = build('InterHand26M', 'train')[0]
    assert np.flatnonzero(item['keypoints_visible'][0] == 0).tolist() == [4]
    assert item['keypoints_3d'][0, 4].tolist() == item['keypoints_3d'][0, 0].tolist()
    seen = np.delete(item['keypoints'][0], 4, axis=0)
    left, upper, right, lower = item['bbox'][0]
    assert right - left + 1 == lower - upper + 1 == round(1.5 * np.ptp(seen, 0).max())


@pytest.mark.parametrize(
    'change_of',
    [
        lambda annotation: annotation['joint_valid'].__setitem__(20, [0]),  # the wrist
        lambda annotation: annotation.update(hand_type_valid=0),
        lambda annotation: annotation.update(hand_type='interacting'),
    ],
)
def test_hands_that_are_left_out(written, build, tmp_path, change_of):
    count = len(build('InterHand26M', 'train'))
    change(tmp_path, 'data', lambda content: change_of(content['annotations'][0]))
    for labels in (True, False):
        dataset = build('InterHand26M', 'train', labels=labels)
        assert len(dataset) == count - 1
        assert dataset[0]['img_path'].endswith(written['train'][1]['file'])


def test_hands_outside_the_image_are_left_out(written, build, tmp_path):
    """Behind the first camera of the first frame, which both of its cameras see."""

    def move(content):
        points = np.array(content['0']['7']['world_coord'])
        content['0']['7']['world_coord'] = (points - [0, 0, 3000]).tolist()

    count = len(build('InterHand26M', 'train'))
    change(tmp_path, 'joint_3d', move)
    assert len(build('InterHand26M', 'train')) == count - 2


def test_all_hands_as_left_ones(written, build):
    before, after = (build('InterHand26M', 'train')[0] for _ in '12')
    assert before['hand_side'] == 'right'
    after = MirrorRightHand()(after)
    last = before['img'].shape[1] - 1
    np.testing.assert_allclose(
        after['keypoints'][..., 0], last - before['keypoints'][..., 0], rtol=1e-5
    )


@pytest.mark.parametrize(
    'part, how',
    [
        ('data', lambda content: content['annotations'][0].pop('joint_valid')),
        ('data', lambda content: content['annotations'][0].update(joint_valid=[[1]] * 21)),
        ('data', lambda content: content['images'][0].pop('capture')),
        ('camera', lambda content: content.pop('0')),
        ('camera', lambda content: content['0']['campos'].clear()),
        ('camera', lambda content: content['0'].pop('camrot')),
        ('camera', lambda content: content['0']['focal'].update({'400026': [1.0]})),
        ('joint_3d', lambda content: content['0'].pop('7')),
        ('joint_3d', lambda content: content['0']['7'].update(world_coord=[[0, 0, 1]])),
    ],
)
def test_files_of_something_else(written, build, tmp_path, part, how):
    change(tmp_path, part, how)
    with pytest.raises(UserError, match='lacks 42 joints or the camera of the image `Cap'):
        build('InterHand26M', 'train')


@pytest.mark.parametrize(
    'how',
    [
        lambda content: content.pop('images'),
        lambda content: content['annotations'][3].pop('hand_type'),
        lambda content: content['images'].__setitem__(0, None),
    ],
)
def test_lists_of_something_else(written, build, tmp_path, how):
    change(tmp_path, 'data', how)
    with pytest.raises(UserError, match='train_data.json` without the lists `images`'):
        build('InterHand26M', 'train')
