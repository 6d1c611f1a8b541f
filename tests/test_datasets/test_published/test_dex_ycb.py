import io
import shutil

import numpy as np
import pytest
from published_3d_factory import SIZE, write_dex_ycb

from mmpose_uda.errors import UserError

# by the toolkit's tables: subjects, cameras and recordings of each split
ALL_SUBJECTS, ALL_CAMERAS = range(10), range(8)
FIFTHS = [n for n in range(100) if n % 5 == 4]
REST = [n for n in range(100) if n % 5 != 4]
SPLITS = {
    ('s0', 'train'): (ALL_SUBJECTS, ALL_CAMERAS, REST),
    ('s0', 'val'): ([0, 1], ALL_CAMERAS, FIFTHS),
    ('s0', 'test'): ([2, 3, 4, 5, 6, 7, 8, 9], ALL_CAMERAS, FIFTHS),
    ('s1', 'train'): ([0, 1, 2, 3, 4, 5, 9], ALL_CAMERAS, range(100)),
    ('s1', 'val'): ([6], ALL_CAMERAS, range(100)),
    ('s1', 'test'): ([7, 8], ALL_CAMERAS, range(100)),
    ('s2', 'train'): (ALL_SUBJECTS, [0, 1, 2, 3, 4, 5], range(100)),
    ('s2', 'val'): (ALL_SUBJECTS, [6], range(100)),
    ('s2', 'test'): (ALL_SUBJECTS, [7], range(100)),
    ('s3', 'train'): (
        ALL_SUBJECTS,
        ALL_CAMERAS,
        [n for n in range(100) if n // 5 not in (3, 7, 11, 15, 19)],
    ),
    ('s3', 'val'): (ALL_SUBJECTS, ALL_CAMERAS, [*range(15, 20), *range(95, 100)]),
    ('s3', 'test'): (
        ALL_SUBJECTS,
        ALL_CAMERAS,
        [*range(35, 40), *range(55, 60), *range(75, 80)],
    ),
}


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """What no test changes, written once."""
    root = tmp_path_factory.mktemp('dex_ycb')
    return root, write_dex_ycb(root)


def rewrite_label(path, **changes):
    with np.load(path) as file:
        content = dict(file)
    content.update(changes)
    file = io.BytesIO()
    np.savez(file, **content)
    path.write_bytes(file.getvalue())


@pytest.mark.parametrize('setup, split', SPLITS)
def test_splits_are_those_of_the_toolkit(folder, build, setup, split):
    root, written = folder
    dataset = build('DexYCB', split, setup=setup, data_root=str(root))
    subjects, cameras, recordings = SPLITS[setup, split]
    expected = [
        str(one['folder'] / 'color_000000.jpg')
        for one in written
        if one['subject'] in subjects
        and one['camera'] in cameras
        and one['recording'] in recordings
    ]
    assert expected and [item['img_path'] for item in dataset.load_data_list()] == expected


def test_hands_are_what_was_written(folder, build):
    root, written = folder
    dataset = build('DexYCB', 'val', setup='s1', data_root=str(root))
    hands = [one for one in written if one['subject'] == 6]
    assert len(dataset) == len(hands) == 16
    assert {one['side'] for one in hands} == {'right'}
    for item, one in zip(dataset, hands):
        assert set(np.unique(item['mask'])) == {0, 255}
        assert (item['mask'][100:200, 200:300] == 255).all()
        assert (item['mask'] > 0).sum() == 100 * 100
        np.testing.assert_allclose(
            item['keypoints_3d'][0], 1000 * one['joint_3d'], rtol=1e-5
        )
        np.testing.assert_allclose(item['keypoints'][0], one['joint_2d'], atol=0.5)
        np.testing.assert_allclose(item['camera']['focal'], one['focal'])
        np.testing.assert_allclose(
            item['camera']['principal_point'], one['principal_point']
        )
        left, upper, right, lower = item['bbox'][0]
        side = min(round(1.5 * np.ptp(one['joint_2d'], 0).max()), 480) - 1
        assert right - left == lower - upper == side


def test_joints_are_in_the_order_of_the_definition(folder, build):
    """The toolkit has the wrist, then mcp, pip, dip and tip of thumb to little finger."""
    names = build('DexYCB', 'val', data_root=str(folder[0])).metainfo['keypoint_id2name']
    fingers = ('thumb', 'forefinger', 'middle_finger', 'ring_finger', 'pinky_finger')
    chains = [f'{finger}{i}' for finger in fingers for i in (1, 2, 3, 4)]
    assert [names[i] for i in range(21)] == ['wrist', *chains]


def test_sides_are_those_of_the_recordings(folder, build):
    root, written = folder
    dataset = build('DexYCB', 'train', setup='s1', data_root=str(root))
    sides = {str(one['folder']): one['side'] for one in written}
    found = {item['hand_side'] for item in dataset}
    assert found == {'left', 'right'}
    for item in dataset:
        assert item['hand_side'] == sides[item['img_path'].rsplit('/', 1)[0]]


def test_frames_without_a_hand_are_left_out(tmp_path, build):
    """No pose, one to the right of the image and one behind the camera."""
    written = [one for one in write_dex_ycb(tmp_path) if one['subject'] == 6]
    points = written[1]['joint_3d'][None]
    gone = [np.full_like(points, -1), points + [2, 0, 0], points - [0, 0, 3]]
    for one, joints in zip(written, gone):
        rewrite_label(one['folder'] / 'labels_000000.npz', joint_3d=joints)
    for labels in (True, False):
        dataset = build('DexYCB', 'val', setup='s1', labels=labels)
        assert len(dataset) == len(written) - 3


def test_other_setups_are_refused(build):
    with pytest.raises(UserError, match="DexYCB has no setup 's4': use one of s0, s1, s2"):
        build('DexYCB', 'train', setup='s4')


def test_recordings_that_are_missing(tmp_path, build):
    """Numbers of the others would shift, and with them the splits."""
    write_dex_ycb(tmp_path)
    shutil.rmtree(tmp_path / '20200709-subject-01/20200709_140050')
    with pytest.raises(UserError, match='99 recordings in `20200709-subject-01`'):
        build('DexYCB', 'val')


@pytest.mark.parametrize(
    'name, content, message',
    [
        ('meta.yml', 'num_frames: 1', 'without `num_frames` and one of `mano_sides`'),
        ('meta.yml', 'mano_sides: [none]\nnum_frames: 1', 'one of `mano_sides`'),
        ('meta.yml', '{', 'meta.yml` is not a YAML file'),
        (
            'meta.yml',
            'a: !!python/object/apply:os.getpid []',
            'meta.yml` is not a YAML file',
        ),
        (
            '836212060125/labels_000000.npz',
            'text',
            'labels_000000.npz` is not a file of NumPy',
        ),
    ],
)
def test_files_of_something_else(tmp_path, build, name, content, message):
    recording = write_dex_ycb(tmp_path)[8]['folder'].parent
    (recording / name).write_text(content)
    with pytest.raises(UserError, match=message):
        build('DexYCB', 'val')


def test_labels_of_something_else(tmp_path, build):
    label = write_dex_ycb(tmp_path)[8]['folder'] / 'labels_000000.npz'
    trap = np.empty(1, object)
    for joints, message in (
        (np.ones((1, 20, 3)), 'does not hold 21 points'),
        (np.full((1, 21, 3), np.nan), 'does not hold 21 points'),
        (trap, 'is not a file of NumPy arrays'),
    ):
        rewrite_label(label, joint_3d=joints)
        with pytest.raises(UserError, match=message):
            build('DexYCB', 'val')


@pytest.mark.parametrize('seg', [np.zeros((480, 640, 3), np.uint8), np.zeros((48, 64))])
def test_segmentations_of_something_else(tmp_path, build, seg):
    label = write_dex_ycb(tmp_path)[8]['folder'] / 'labels_000000.npz'
    rewrite_label(label, seg=seg)
    with pytest.raises(UserError, match='labels_000000.npz:seg` is missing or does not'):
        build('DexYCB', 'val')[0]


def test_cameras_of_something_else(tmp_path, build):
    write_dex_ycb(tmp_path)
    path = tmp_path / 'calibration/intrinsics/836212060125_640x480.yml'
    path.write_text('color:\n  fx: 600\n')
    with pytest.raises(UserError, match='without the numbers fx, fy, ppx and ppy'):
        build('DexYCB', 'val')


def test_size_of_the_images(folder, build):
    item = build('DexYCB', 'val', data_root=str(folder[0]))[0]
    assert item['img'].shape[:2] == SIZE[::-1]
