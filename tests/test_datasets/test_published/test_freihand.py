import json

import numpy as np
import pytest
from published_factory import write_freihand, write_freihand_evaluation

from mmpose_uda.datasets.transforms import MirrorRightHand
from mmpose_uda.errors import UserError

FRAMES = 5
# where the versions begin, in the order in which the published code puts them together
STARTS = dict(gs=0, auto=3 * FRAMES, sample=2 * FRAMES, hom=FRAMES)


@pytest.fixture
def written(tmp_path):
    return write_freihand(tmp_path, FRAMES)


def numbers(dataset):
    return [int(item['img_path'][-12:-4]) for item in dataset]


def test_splits_are_the_published_ones(written, build, published_order):
    images = [start + i for start in STARTS.values() for i in range(FRAMES)]
    order = [images[i] for i in published_order(4 * FRAMES)]
    assert numbers(build('FreiHAND', 'test')) == order[:4]
    assert numbers(build('FreiHAND', 'train')) == order[4:]


def test_clean_splits_share_no_frame(written, build, published_order):
    order = published_order(FRAMES)
    test = numbers(build('FreiHAND', 'test', clean=True))
    train = numbers(build('FreiHAND', 'train', clean=True))
    assert test == [start + order[0] for start in STARTS.values()]
    assert sorted(test + train) == list(range(4 * FRAMES))
    assert {n % FRAMES for n in test}.isdisjoint(n % FRAMES for n in train)


def test_hands_are_what_was_written(written, build):
    matrices, points = written
    dataset = build('FreiHAND', 'train')
    for item, number in zip(dataset, numbers(dataset)):
        frame = number % FRAMES
        pixels = points[frame] @ matrices[frame].T
        pixels = pixels[:, :2] / pixels[:, 2:]
        np.testing.assert_allclose(item['keypoints'][0], pixels, rtol=1e-5)
        np.testing.assert_allclose(item['keypoints_3d'][0], 1000 * points[frame], rtol=1e-6)
        assert item['camera']['focal'].tolist() == [480, 480]
        assert item['camera']['principal_point'].tolist() == [112, 112]
        assert item['mask_path'].endswith(f'mask/{frame:08d}.jpg')
        left, upper, right, lower = item['bbox'][0]
        side = min(round(1.5 * np.ptp(pixels, 0).max()), 224) - 1
        assert right - left == lower - upper == side


def test_all_hands_are_right_ones(written, build):
    dataset = build('FreiHAND', 'train')
    assert {item['hand_side'] for item in dataset} == {'right'}
    before = dataset[0]
    after = MirrorRightHand()(dataset[0])
    np.testing.assert_allclose(
        after['keypoints'][..., 0], 223 - before['keypoints'][..., 0], rtol=1e-5
    )


@pytest.mark.parametrize(
    'name, change',
    [
        ('K', lambda content: content.pop()),
        ('K', lambda content: content[0].pop()),
        ('xyz', lambda content: content[1].pop()),
        ('xyz', lambda content: content.__setitem__(2, None)),
    ],
)
def test_files_that_do_not_go_together(written, build, tmp_path, name, change):
    path = tmp_path / f'training_{name}.json'
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match='that do not hold the same frames, with 21'):
        build('FreiHAND', 'train')


def test_the_evaluation_is_in_the_order_of_its_server(tmp_path, build):
    """It needs nothing of the training set."""
    matrices, points = write_freihand_evaluation(tmp_path)
    dataset = build('FreiHAND', 'evaluation')
    assert numbers(dataset) == list(range(5)) and dataset.num_frames == 5
    for item, matrix, xyz in zip(dataset, matrices, points):
        assert 'evaluation/rgb' in item['img_path'] and 'mask' not in item
        pixels = xyz @ matrix.T
        pixels = pixels[:, :2] / pixels[:, 2:]
        np.testing.assert_allclose(item['keypoints'][0], pixels, atol=0.5)
        np.testing.assert_allclose(item['keypoints_3d'][0], 1000 * xyz, rtol=1e-6)
        assert item['camera']['focal'].tolist() == [480, 481]
        assert item['camera']['principal_point'].tolist() == [110, 113]
        assert item['hand_side'] == 'right'
        assert item['bbox'].tolist() == [[0, 0, 223, 223]]


def test_the_evaluation_without_its_joints(tmp_path, build):
    write_freihand_evaluation(tmp_path)
    (tmp_path / 'evaluation_xyz.json').unlink()
    with pytest.raises(UserError, match='has no `evaluation_xyz.json`.* `labels=False`'):
        build('FreiHAND', 'evaluation')
    dataset = build('FreiHAND', 'evaluation', labels=False)
    assert numbers(dataset) == list(range(5))
    assert 'keypoints' not in dataset[0] and 'keypoints_3d' not in dataset[0]
    assert dataset[0]['bbox'].tolist() == [[0, 0, 223, 223]]
    (tmp_path / 'evaluation/rgb/00000004.jpg').unlink()
    with pytest.raises(UserError, match='evaluation/rgb/00000004.jpg'):
        build('FreiHAND', 'evaluation', labels=False)


@pytest.mark.parametrize('labels', [True, False])
def test_cameras_of_something_else(tmp_path, build, labels):
    write_freihand_evaluation(tmp_path)
    (tmp_path / 'evaluation_K.json').write_text('[[[1, 2], [3, 4]], 5, 6, 7, 8]')
    with pytest.raises(UserError, match='evaluation_K.json'):
        build('FreiHAND', 'evaluation', labels=labels)
