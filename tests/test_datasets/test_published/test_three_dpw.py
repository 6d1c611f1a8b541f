import pickle

import numpy as np
import pytest
from published_3d_factory import python2_pickle
from published_body_factory import H36M_JOINTS, SMPL, square_about, write_three_dpw

from mmpose_uda.errors import UserError

MISSING = ('neck_base', 'head')


@pytest.mark.parametrize('split', ['train', 'validation', 'test'])
def test_people_are_what_was_written(tmp_path, build, split):
    written = write_three_dpw(tmp_path)[split]
    dataset = build('ThreeDPW', split)
    expected = [
        (sequence, person, frame)
        for sequence in written
        for person, valid in enumerate(sequence['content']['campose_valid'])
        for frame in np.flatnonzero(valid)
    ]
    assert len(expected) == 6
    for item, (sequence, person, frame) in zip(dataset, expected, strict=True):
        name = f'imageFiles/{sequence["name"]}/image_{frame:05d}.jpg'
        assert item['img_path'] == f'{tmp_path}/{name}'
        width, height = sequence['size']
        assert item['img'].shape[:2] == (height, width)
        seen = 1000 * sequence['seen'][person, frame]
        focal, middle = np.array([1962.0, 1969]), np.array([width, height]) / 2
        pixels = focal * seen[:, :2] / seen[:, 2:] + middle
        for i, keypoint in enumerate(H36M_JOINTS):
            assert item['keypoints_visible'][0, i] == (keypoint not in MISSING)
            if keypoint not in MISSING:
                joint = SMPL.index(keypoint)
                np.testing.assert_allclose(
                    item['keypoints_3d'][0, i], seen[joint], rtol=1e-4
                )
                np.testing.assert_allclose(
                    item['keypoints'][0, i], pixels[joint], atol=0.01
                )
        np.testing.assert_allclose(item['camera']['focal'], focal)
        np.testing.assert_allclose(item['camera']['principal_point'], middle)
        box = square_about(pixels, (width, height))
        np.testing.assert_array_equal(item['bbox'][0], box)
        assert 'mask' not in item
    assert list(dataset.metainfo['keypoint_id2name'].values()) == H36M_JOINTS
    weights = dataset.metainfo['dataset_keypoint_weights']
    assert weights.tolist() == [float(name not in MISSING) for name in H36M_JOINTS]


def change(root, **entries):
    path = root / 'sequenceFiles/train/train_walk_01.pkl'
    content = pickle.loads(path.read_bytes(), encoding='latin1')
    path.write_bytes(python2_pickle({**content, **entries}))


def test_people_who_are_not_in_the_image(tmp_path, build):
    """One behind the camera, and one beside the image."""
    sequence = write_three_dpw(tmp_path)['train'][1]
    world = sequence['content']['jointPositions'][0].reshape(3, 24, 3).copy()
    for i, shift in ((0, [0, 0, -9]), (2, [20, 0, 0])):
        world[i] += shift @ sequence['content']['cam_poses'][i, :3, :3]
    change(tmp_path, jointPositions=[world.reshape(3, 72)])
    for labels in (True, False):
        dataset = build('ThreeDPW', 'train', labels=labels)
        assert len(dataset) == 4
        assert all('talk' in item['img_path'] for item in dataset)


@pytest.mark.parametrize(
    'entries',
    [
        dict(jointPositions=[np.ones((3, 69))]),
        dict(jointPositions=[np.full((3, 72), np.nan)]),
        dict(campose_valid=[]),
        dict(campose_valid=[np.ones(2)]),
        dict(cam_poses=np.ones((3, 3, 4))),
        dict(cam_intrinsics=np.ones((3, 3))),
    ],
)
def test_files_of_something_else(tmp_path, build, entries):
    write_three_dpw(tmp_path)
    change(tmp_path, **entries)
    with pytest.raises(UserError, match='train_walk_01.pkl` that does not hold `cam_intr'):
        build('ThreeDPW', 'train')


def test_nothing_of_a_pickle_is_run(tmp_path, build):
    write_three_dpw(tmp_path)
    path = tmp_path / 'sequenceFiles/train/train_talk_00.pkl'
    path.write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    with pytest.raises(UserError, match='refers to os.system, which is not run'):
        build('ThreeDPW', 'train')
    path.write_bytes(b'text')
    with pytest.raises(UserError, match='train_talk_00.pkl` is not a pickle of arrays'):
        build('ThreeDPW', 'train')
