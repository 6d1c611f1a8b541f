"""TigDog as it is unpacked, with the published files of its split."""

import shutil

import numpy as np
import pytest
from mmpose.registry import DATASETS
from published_animal_factory import FRAMES, TIGDOG_SPLIT, write_tigdog
from scipy.io import savemat

from mmpose_uda.datasets import ANIMAL18, TigDog
from mmpose_uda.errors import UserError

NAMES = [point['name'] for point in ANIMAL18['keypoint_info'].values()]


@pytest.fixture(scope='module')
def written(tmp_path_factory):
    """The folder and the landmarks in it; not to be changed."""
    root = tmp_path_factory.mktemp('behaviorDiscovery2.0')
    return root, write_tigdog(root)


@pytest.fixture
def copied(written, tmp_path):
    shutil.copytree(written[0], tmp_path / 'copy')
    return tmp_path / 'copy'


def build(root, split='train', **kwargs):
    # Serializing collects the garbage of the whole process, a third of a second each.
    config = dict(type='TigDog', data_root=str(root), split=split, **kwargs)
    return DATASETS.build(dict(config, serialize_data=False))


def in_our_order(animal, rows):
    """Rows [19, ...] of a file in the order that the published code puts them into."""
    if animal == 'horse':
        return rows[:18]
    one_based = [1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 18, 13, 14, 9, 10, 11, 12]
    return rows[np.array(one_based) - 1]


@pytest.mark.parametrize('clean', [False, True])
@pytest.mark.parametrize('split', ['train', 'valid'])
def test_what_is_read_is_what_was_written(written, split, clean):
    root, landmarks = written
    dataset = build(root, split, clean=clean)
    numbers = TIGDOG_SPLIT[split]
    expected = [(animal, n) for animal in ('horse', 'tiger') for n in numbers]
    assert len(dataset) == len(expected)
    for info, (animal, number) in zip(dataset, expected):
        rows = in_our_order(animal, landmarks[animal][number])
        visible = rows[:, 2] > 0 if clean else rows[:, 1] > 0
        assert info['img_path'] == f'{root}/{animal}/{FRAMES[number][1]:08d}.jpg'
        assert info['keypoints_visible'][0].tolist() == visible.tolist()
        assert np.array_equal(
            info['keypoints'][0], np.where(visible[:, None], rows[:, :2], 0).astype('f4')
        )
        placed = rows[rows[:, 1] > 0, :2]
        low = np.maximum(placed.min(0) - 15, 0)
        high = np.minimum(placed.max(0) + 15, [100, 60])
        np.testing.assert_allclose(info['bbox'][0], [*low, *high], rtol=1e-6)


def test_a_tiger_has_its_joints_in_another_order(written):
    root, landmarks = written
    rows = landmarks['tiger'][TIGDOG_SPLIT['train'][0], :, :2]
    points = build(root, animals=['tiger'])[0]['keypoints'][0]
    in_file = [*NAMES[:8], *NAMES[14:], *NAMES[12:14], *NAMES[8:12]]
    assert in_file[8] == 'left_front_elbow' and in_file[17] == 'right_back_knee'
    for name, row in zip(in_file, rows):
        np.testing.assert_allclose(points[NAMES.index(name)], row, rtol=1e-6)


def test_a_keypoint_without_a_flag_is_seen_unless_clean(written):
    for clean in (False, True):
        info = build(written[0], animals=['horse'], clean=clean)[0]
        assert info['keypoints_visible'][0, 0] == 1 - clean


def test_nan_is_nowhere(copied, written):
    root, landmarks = written
    rows = np.array(landmarks['horse'][:3])
    rows[:, 5, :2] = np.nan
    cells = np.empty((3, 1), object)
    for n, row in enumerate(rows):
        cells[n, 0] = dict(p=row[:, :2], v=row[:, 2:])
    savemat(str(copied / 'landmarks/horse/4.mat'), dict(landmarks=cells))
    info = build(copied, animals=['horse'])[0]
    assert np.isfinite(info['keypoints']).all() and np.isfinite(info['bbox']).all()


def test_a_split_of_our_own_is_by_shot(written):
    def shots(split):
        infos = build(written[0], split, own_split=True, animals=['horse'])
        frames = {frame: shot for shot, frame in FRAMES}
        return [frames[int(i['img_path'].split('/')[-1][:8])] for i in infos]

    with pytest.raises(UserError, match="no sample of the split 'valid'"):
        shots('valid')  # a fifth of three shots is none
    assert shots('train') == [shot for shot, _ in FRAMES]


def test_a_split_of_our_own_of_more_shots(tmp_path):
    shots = [(shot, 10 * shot, 10 * shot + 1) for shot in range(11, 21)]
    write_tigdog(tmp_path, shots=shots)
    found = {
        split: [
            int(info['img_path'].split('/')[-1][:8]) // 10
            for info in build(tmp_path, split, own_split=True, animals=['tiger'])
        ]
        for split in ('train', 'valid')
    }
    assert len(found['train']) == 16 and len(found['valid']) == 4
    assert not set(found['train']) & set(found['valid'])
    again = build(tmp_path, 'valid', own_split=True, animals=['tiger'])
    assert [int(i['img_path'].split('/')[-1][:8]) // 10 for i in again] == found['valid']


def test_frames_of_few_keypoints_are_not_in_our_split(copied, written):
    rows = np.array(written[1]['horse'][:3])
    rows[0, :9] = 0  # 6 of 18 are left
    cells = np.empty((3, 1), object)
    for n, row in enumerate(rows):
        cells[n, 0] = dict(p=row[:, :2], v=row[:, 2:])
    savemat(str(copied / 'landmarks/horse/4.mat'), dict(landmarks=cells))
    infos = build(copied, own_split=True, animals=['horse'])
    assert len(infos) == len(FRAMES) - 1
    assert len(build(copied, animals=['horse'])) == len(TIGDOG_SPLIT['train'])


def test_labels_can_be_left_behind(written):
    info = build(written[0], labels=False)[0]
    assert info['bbox'].shape == (1, 4)
    assert not [key for key in info if 'keypoints' in key]


def remove(path):
    return lambda root: shutil.rmtree(root / path) if (root / path).is_dir() else (
        root / path
    ).unlink()  # fmt: skip


def cut(path):
    def change(root):
        (root / path).write_bytes((root / path).read_bytes()[:150])

    return change


def put(path, **content):
    return lambda root: savemat(str(root / path), content)


def renumber(root):
    np.save(root / 'real_animal/horse/train_idxs_by_video.npy', np.array([0, 50]))


def empty_frame(root):
    cells = np.empty((3, 1), object)
    for n in range(3):
        cells[n, 0] = dict(p=np.zeros((19, 2)), v=np.zeros((19, 1)))
    savemat(str(root / 'landmarks/horse/4.mat'), dict(landmarks=cells))


@pytest.mark.parametrize(
    'change, message',
    [
        (remove(''), 'does not exist'),
        (remove('ranges/horse'), 'has no `ranges/horse/ranges.mat`'),
        (remove('landmarks'), 'has no `landmarks/horse`'),
        (remove('tiger/00000001.jpg'), 'has no `tiger/00000001.jpg`'),
        (remove('real_animal/tiger'), 'no `real_animal/tiger/train_.*own_split=True'),
        (cut('landmarks/horse/4.mat'), '`landmarks/horse/4.mat` that is not a MATLAB'),
        (put('landmarks/horse/4.mat', other=[1]), 'not a MATLAB file with `landmarks`'),
        (put('landmarks/horse/4.mat', landmarks=np.ones((3, 4))), 'that are not points'),
        (put('landmarks/horse/4.mat', landmarks=[[1]]), 'has 1 frames in .* has 3'),
        (renumber, 'holds 12 frames of the horse.* more than 50'),
        (empty_frame, 'no keypoint of `horse/00000001.jpg`'),
    ],
)
def test_what_does_not_fit_is_named(copied, change, message):
    change(copied)
    with pytest.raises(UserError, match=message) as caught:
        build(copied)
    assert TigDog.TREE.strip() in str(caught.value)


def test_a_folder_of_no_shot_is_named(copied):
    for path in (copied / 'landmarks/horse').iterdir():
        path.unlink()
    with pytest.raises(UserError, match='no landmarks of any shot in `landmarks/horse`'):
        build(copied)
