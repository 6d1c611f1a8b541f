import cv2
import numpy as np
import pytest
from published_body_factory import (
    H36M_JOINTS,
    SMPL,
    square_about,
    surreal_clips,
    write_surreal_full,
)
from scipy.io import loadmat, savemat

from mmpose_uda.datasets.published.smpl import smpl_person
from mmpose_uda.datasets.published.surreal_frames import extract_surreal
from mmpose_uda.errors import UserError

MISSING = ('neck_base', 'head')


def other_side(name):
    """What the files call a joint: people are rendered as their mirror images."""
    for side, other in (('left_', 'right_'), ('right_', 'left_')):
        if name.startswith(side):
            return name.replace(side, other)
    return name


def frames_of(split):
    """Clip and frame, from 0, of each sample: without those that have no pose."""
    if split == 'train':
        return [(c, i) for c, n in surreal_clips(split).items() for i in range(0, n, 10)]
    middles = (10, 5, 0)  # of 21, 12 and 1
    return list(zip(surreal_clips(split), middles))


@pytest.mark.parametrize('split', ['train', 'val', 'test'])
def test_people_are_what_was_written(tmp_path, build, split):
    written = write_surreal_full(tmp_path)
    dataset = build('SURREAL3D', split)
    expected = frames_of(split)
    assert len(expected) == {'train': 6}.get(split, 3)
    for item, (clip, i) in zip(dataset, expected, strict=True):
        assert item['img_path'] == f'{tmp_path}/{clip}_frames/{i + 1:04d}.jpg'
        seen = 1000 * written[clip]['seen'][i]
        published = written[clip]['joints2D'][:, :, i].T
        for k, keypoint in enumerate(H36M_JOINTS):
            assert item['keypoints_visible'][0, k] == (keypoint not in MISSING)
            if keypoint not in MISSING:
                joint = SMPL.index(other_side(keypoint))
                np.testing.assert_allclose(
                    item['keypoints_3d'][0, k], seen[joint], atol=0.01
                )
                error = np.abs(item['keypoints'][0, k] - published[joint])
                assert error.max() <= 0.5 + 1e-3
        assert item['camera']['focal'].tolist() == [600, 600]
        assert item['camera']['principal_point'].tolist() == [160, 120]
        pixels = 600 * seen[:, :2] / seen[:, 2:] + [160, 120]
        np.testing.assert_array_equal(item['bbox'][0], square_about(pixels, (320, 240)))
        mask = np.zeros((240, 320), bool)
        mask[60 : 160 + i, 100:200] = True
        np.testing.assert_array_equal(item['mask'] > 0, mask)
    assert list(dataset.metainfo['keypoint_id2name'].values()) == H36M_JOINTS
    weights = dataset.metainfo['dataset_keypoint_weights']
    assert weights.tolist() == [float(name not in MISSING) for name in H36M_JOINTS]


def test_a_person_is_no_mirror_image():
    """Of one who faces the camera, what the files call left is on the image's left."""
    joints = np.zeros((24, 3)) + [0, 0, 5000]
    joints[SMPL.index('left_hip'), 0] = -100
    joints[SMPL.index('right_hip'), 0] = 100
    camera = dict(focal=np.array([600.0, 600]), principal_point=np.array([160.0, 120]))
    person = smpl_person('a.jpg', joints, camera, (320, 240), mirrored=True)
    left, right = (H36M_JOINTS.index(f'{side}_hip') for side in ('left', 'right'))
    assert person.keypoints[left, 0] > 160 > person.keypoints[right, 0]


def test_frames_without_a_pose_are_left_out(tmp_path, build):
    write_surreal_full(tmp_path)
    path = tmp_path / 'cmu/train/run0/01_01/01_01_c0001_info.mat'
    content = loadmat(path)
    content['joints3D'][..., 10] = 0
    savemat(path, {k: v for k, v in content.items() if not k.startswith('_')})
    for labels in (True, False):
        dataset = build('SURREAL3D', 'train', labels=labels)
        names = [item['img_path'].rsplit('/', 1)[1] for item in dataset]
        assert names == ['0001.jpg', '0021.jpg', '0001.jpg', '0011.jpg', '0001.jpg']


def test_clips_without_segmentation_have_no_mask(tmp_path, build):
    write_surreal_full(tmp_path)
    for path in tmp_path.glob('cmu/train/run0/01_01/*/*.png'):
        path.unlink()
    found = ['mask' in item for item in build('SURREAL3D', 'train')]
    assert found == [False] * 3 + [True] * 3


@pytest.mark.parametrize(
    'content',
    [
        dict(other=1),
        dict(joints3D=np.ones((3, 23, 5)), camLoc=np.ones((3, 1))),
        dict(joints3D=np.ones((3, 24, 5)), camLoc=np.ones((2, 1))),
    ],
)
def test_annotations_of_something_else(tmp_path, build, content):
    write_surreal_full(tmp_path)
    path = tmp_path / 'cmu/val/run2/01_01/01_01_c0001_info.mat'
    savemat(path, content)
    match = '01_01_c0001_info.mat` that is not a MATLAB file'
    with pytest.raises(UserError, match=match):
        build('SURREAL3D', 'val')
    path.write_bytes(b'text')
    with pytest.raises(UserError, match=match):
        build('SURREAL3D', 'val')


def test_joints_that_are_not_finite(tmp_path, build):
    write_surreal_full(tmp_path)
    joints = np.full((3, 24, 12), np.nan)
    path = tmp_path / 'cmu/val/run0/ung_02_03/ung_02_03_c0002_info.mat'
    savemat(path, dict(joints3D=joints, camLoc=np.ones((3, 1))))
    with pytest.raises(UserError, match='`joints3D` of frame 6 are not finite'):
        build('SURREAL3D', 'val')


# ---- images and masks


def test_what_is_made_is_what_is_read(tmp_path, build):
    write_surreal_full(tmp_path, made=False)
    said = list(extract_surreal(str(tmp_path), 2))
    assert said == [
        'train: 12 images and masks, 12 of them new',
        'val: 6 images and masks, 6 of them new',
        'test: 6 images and masks, 6 of them new',
    ]
    for split in ('train', 'val', 'test'):
        for item, (_, i) in zip(build('SURREAL3D', split), frames_of(split), strict=True):
            assert item['img'].shape == (240, 320, 3)
            assert abs(item['img'].mean() - 10 * i) < 4
            mask = np.zeros((240, 320), bool)
            mask[60 : 160 + i, 100:200] = True
            np.testing.assert_array_equal(item['mask'] > 0, mask)
    kept = tmp_path / 'cmu/test/run0/01_01/01_01_c0001_frames/0011.png'
    kept.unlink()
    assert list(extract_surreal(str(tmp_path), 2))[2].endswith(', 1 of them new')
    assert cv2.imread(str(kept), cv2.IMREAD_UNCHANGED).max() == 11


@pytest.mark.parametrize(
    'name, content, message',
    [
        ('01_01_c0001.mp4', b'text', 'c0001.mp4` does not decode up to frame 1'),
        ('01_01_c0001.mp4', None, 'has no `cmu/train/run0/01_01/01_01_c0001.mp4`'),
        ('01_01_c0001_segm.mat', b'text', 'is not a MATLAB file with `segm_1`'),
        ('01_01_c0001_info.mat', b'text', 'is not a MATLAB file with `joints3D`'),
    ],
)
def test_files_that_cannot_be_used(tmp_path, name, content, message):
    write_surreal_full(tmp_path, made=False)
    path = tmp_path / 'cmu/train/run0/01_01' / name
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        list(extract_surreal(str(tmp_path), 2))


def test_no_data_and_no_workers(tmp_path):
    with pytest.raises(UserError, match='has no `cmu/train`: it must hold SURREAL as'):
        list(extract_surreal(str(tmp_path), 2))
    write_surreal_full(tmp_path, made=False)
    with pytest.raises(UserError, match='--workers is 0: it must be at least 1'):
        list(extract_surreal(str(tmp_path), 0))
