import json
import os
import pickle

import numpy as np
import pytest
from published_3d_factory import SIZE, python2_pickle, write_ho3d

from mmpose_uda.datasets.transforms import MirrorRightHand
from mmpose_uda.errors import UserError

# joints of MANO in its own order, by the names of 'hand21'
MANO = (
    ['wrist']
    + [
        f'{finger}{i}'
        for finger in (
            'forefinger',
            'middle_finger',
            'pinky_finger',
            'ring_finger',
            'thumb',
        )
        for i in (1, 2, 3)
    ]
    + [
        f'{finger}4'
        for finger in (
            'thumb',
            'forefinger',
            'middle_finger',
            'ring_finger',
            'pinky_finger',
        )
    ]
)


@pytest.fixture
def written(tmp_path):
    return write_ho3d(tmp_path)


def change_meta(root, name, change, split='train'):
    path = root / split / name.replace('/', '/meta/')
    path = path.with_suffix('.pkl')
    content = pickle.loads(path.read_bytes(), encoding='latin1')
    change(content)
    path.write_bytes(python2_pickle(content))


def posed(frames):
    return [frame for frame in frames if frame['joints'] is not None]


def expected_square(box):
    """1.5 times the longer side, moved into the image, in the test's own words."""
    (left, upper), (right, lower) = box
    side = min(round(1.5 * max(right - left, lower - upper)), min(SIZE))
    square = []
    for middle, extent in (((left + right) / 2, SIZE[0]), ((upper + lower) / 2, SIZE[1])):
        first = round(middle - side / 2)
        first = 0 if first < 0 else extent - side if first + side > extent else first
        square.append((first, first + side - 1))
    return [square[0][0], square[1][0], square[0][1], square[1][1]]


@pytest.mark.parametrize('split', ['train', 'evaluation'])
def test_hands_are_what_was_written(written, build, split):
    dataset = build('HO3D', split)
    frames = posed(written[split])
    assert len(dataset) == len(frames)
    ids = [MANO.index(dataset.metainfo['keypoint_id2name'][i]) for i in range(21)]
    for item, frame in zip(dataset, frames):
        sequence, number = frame['name'].split('/')
        assert item['img_path'].endswith(f'/{split}/{sequence}/rgb/{number}.jpg')
        assert item['hand_side'] == 'right'
        assert ('mask' in item) == (sequence == 'ABF10')
        joints = frame['joints'][ids]
        x, y, z = (1000 * joints).T
        np.testing.assert_allclose(
            item['keypoints_3d'][0], np.stack([x, -y, -z], 1), rtol=1e-5
        )
        camera = item['camera']
        assert camera['focal'].tolist() == [617, 616]
        assert camera['principal_point'].tolist() == [312.5, 241.25]
        pixels = np.stack([617 * x / -z + 312.5, 616 * -y / -z + 241.25], 1)
        np.testing.assert_allclose(item['keypoints'][0], pixels, atol=0.5)
        assert item['keypoints_visible'].all()
        box = np.stack([pixels.min(0), pixels.max(0)])
        if split == 'evaluation':
            box = np.reshape(frame['box'], (2, 2))
        assert item['bbox'][0].tolist() == expected_square(box.tolist())


@pytest.mark.parametrize('version', [2, 3])
def test_masks_are_the_hand_of_the_segmentations(tmp_path, build, version):
    """Four times as large; JPEG blurs the border of version 2 by pixels."""
    write_ho3d(tmp_path, version)
    mask = build('HO3D', 'train', version=version, labels=False, masks=True)[0]['mask']
    expected = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    expected[120:360, 160:320] = 255
    wrong = (mask != expected).mean()
    assert mask.shape == expected.shape and wrong < (0.02 if version == 2 else 1e-9)
    last = build('HO3D', 'train', version=version)[-1]
    assert 'MC1' in last['img_path'] and 'mask' not in last


def test_a_segmentation_that_is_missing(written, build, tmp_path):
    (tmp_path / 'train/ABF10/seg/0000.png').unlink()
    with pytest.raises(UserError, match='seg/0000.png` is missing'):
        build('HO3D', 'train')[0]


def test_frames_without_a_pose_are_left_out(written, build):
    files = [
        item['img_path'][-len('ABF10/rgb/0000.jpg') :] for item in build('HO3D', 'train')
    ]
    assert 'ABF10/rgb/0000.jpg' in files and 'ABF10/rgb/0001.jpg' not in files
    assert len(files) == len(written['train']) - 2


def test_images_of_version_2_are_png(tmp_path, build):
    write_ho3d(tmp_path, version=2)
    assert build('HO3D', 'train', version=2)[0]['img_path'].endswith('.png')
    with pytest.raises(UserError, match='0000.jpg'):
        build('HO3D', 'train')
    with pytest.raises(UserError, match='HO3D has no version 1: use 2 or 3'):
        build('HO3D', 'train', version=1)


def test_the_evaluation_without_its_joints(written, build, tmp_path):
    (tmp_path / 'evaluation_xyz.json').unlink()
    with pytest.raises(UserError, match='labels=False') as caught:
        build('HO3D', 'evaluation')
    assert 'evaluation_xyz.json  (joints of the evaluation' in str(caught.value)
    dataset = build('HO3D', 'evaluation', labels=False)
    assert len(dataset) == len(written['evaluation'])
    for item, frame in zip(dataset, written['evaluation']):
        box = np.reshape(frame['box'], (2, 2)).tolist()
        assert item['bbox'][0].tolist() == expected_square(box)
        assert 'keypoints' not in item and 'keypoints_3d' not in item


def test_parts_outside_the_image_are_not_visible(written, build, tmp_path):
    """The tip of the thumb is to the left, so the box ends at the border."""

    def move(meta):
        meta['handJoints3D'][16] = [-1, 0, -0.6]

    change_meta(tmp_path, 'ABF10/0000', move)
    item = build('HO3D', 'train')[0]
    assert np.flatnonzero(item['keypoints_visible'][0] == 0).tolist() == [4]
    assert item['bbox'][0, 0] == 0


@pytest.mark.parametrize('shift', [[3, 0, 0], [0, 0, 5]])
def test_hands_outside_the_image_are_left_out(written, build, tmp_path, shift):
    """To the right of it, or behind the camera."""

    def move(meta):
        meta['handJoints3D'] += shift

    change_meta(tmp_path, 'ABF10/0000', move)
    for labels in (True, False):
        dataset = build('HO3D', 'train', labels=labels)
        assert len(dataset) == len(posed(written['train'])) - 1
        assert dataset[0]['img_path'].endswith('ABF10/rgb/0002.jpg')


def test_all_hands_as_left_ones(written, build):
    before = build('HO3D', 'train')[0]
    after = MirrorRightHand()(build('HO3D', 'train')[0])
    np.testing.assert_allclose(
        after['keypoints'][..., 0], SIZE[0] - 1 - before['keypoints'][..., 0], rtol=1e-5
    )


@pytest.mark.parametrize(
    'change',
    [
        lambda meta: meta.pop('camMat'),
        lambda meta: meta.update(handJoints3D=np.ones((20, 3))),
        lambda meta: meta.update(handJoints3D=np.full((21, 3), np.nan)),
        lambda meta: meta.update(camMat=np.ones((3, 3))),
    ],
)
def test_annotations_of_something_else(written, build, tmp_path, change):
    change_meta(tmp_path, 'MC1/0000', change)
    with pytest.raises(UserError, match='MC1/meta/0000.pkl` that does not hold `camMat`'):
        build('HO3D', 'train')


@pytest.mark.parametrize('content', [[], {'a': 1}, [[[0, 0, 0]]] * 6])
def test_joints_of_another_evaluation(written, build, tmp_path, content):
    (tmp_path / 'evaluation_xyz.json').write_text(json.dumps(content))
    with pytest.raises(UserError, match='evaluation_xyz.json'):
        build('HO3D', 'evaluation')


def test_annotations_that_run_code(written, build, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'made'),)

    path = tmp_path / 'train/ABF10/meta/0000.pkl'
    path.write_bytes(pickle.dumps(dict(camMat=Trap()), protocol=2))
    with pytest.raises(UserError, match='0000.pkl` refers to .*mkdir'):
        build('HO3D', 'train')
    assert not (tmp_path / 'made').exists()


def test_a_list_of_something_else(written, build, tmp_path):
    (tmp_path / 'train.txt').write_text('ABF10\n')
    with pytest.raises(UserError, match='train.txt` that does not list `sequence/number`'):
        build('HO3D', 'train')
