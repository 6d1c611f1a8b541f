import json

import numpy as np
import pytest
from published_body_factory import H36M_JOINTS, square_about, write_human36m_mmpose
from published_factory import write_raw_human36m

from mmpose_uda.errors import UserError


@pytest.fixture
def raw(tmp_path):
    return write_raw_human36m(tmp_path, count=66, size=(120, 100))


def expected_person(raw, subject, image):
    """Points in mm along the camera's axes, and px, by the name of the joint."""
    camera = raw[subject]['camera'][str(image['cam_idx'])]
    joints = raw[subject]['joint_3d']['2']['1'][str(image['frame_idx'])]
    points, pixels = {}, {}
    for name, joint in zip(H36M_JOINTS, joints):
        point = np.array(camera['R']) @ joint + camera['t']
        points[name] = point
        pixels[name] = np.array(camera['f']) * point[:2] / point[2] + camera['c']
    return points, pixels


@pytest.mark.parametrize(
    'split, subjects, step', [('train', (1, 5, 6, 7, 8), 5), ('test', (9, 11), 64)]
)
def test_people_are_those_of_the_protocol(raw, build, tmp_path, split, subjects, step):
    dataset = build('Human36M3D', split)
    expected = [
        (subject, image)
        for subject in subjects
        for image in raw[subject]['data']['images']
        if image['frame_idx'] % step == 0
    ]
    names = list(dataset.metainfo['keypoint_id2name'].values())
    for item, (subject, image) in zip(dataset, expected, strict=True):
        assert item['img_path'] == f'{tmp_path}/images/{image["file_name"]}'
        points, pixels = expected_person(raw, subject, image)
        pixels = np.array([pixels[name] for name in names])
        np.testing.assert_allclose(
            item['keypoints_3d'][0], [points[name] for name in names], rtol=1e-5
        )
        np.testing.assert_allclose(item['keypoints'][0], pixels, atol=1e-3)
        camera = raw[subject]['camera'][str(image['cam_idx'])]
        np.testing.assert_allclose(item['camera']['focal'], camera['f'])
        np.testing.assert_allclose(item['camera']['principal_point'], camera['c'])
        np.testing.assert_array_equal(item['bbox'][0], square_about(pixels, (120, 100)))
        assert 'mask' not in item
    assert names == H36M_JOINTS


def test_joints_outside_the_image_are_not_visible(tmp_path, build):
    raw = write_raw_human36m(tmp_path, count=1)
    camera = raw[1]['camera']['1']
    outside = np.linalg.inv(camera['R']) @ (np.array([4000.0, 0, 5000]) - camera['t'])
    joints = raw[1]['joint_3d']
    joints['2']['1']['0'][4] = outside.tolist()
    path = tmp_path / 'annotations/Human36M_subject1_joint_3d.json'
    path.write_text(json.dumps(joints))
    item = build('Human36M3D', 'train')[0]
    assert item['keypoints_visible'].tolist() == [[1] * 4 + [0] + [1] * 12]
    np.testing.assert_allclose(item['keypoints_3d'][0, 4], [4000, 0, 5000], atol=0.1)


@pytest.mark.parametrize(
    'part, content',
    [
        ('data', {}),
        ('joint_3d', {'2': {'1': {}}}),
        ('joint_3d', {'2': {'1': {'0': [[1, 2, 3]]}}}),
        ('camera', {'1': dict(R=[[1, 0, 0]], t=[0, 0, 0], f=[1, 1], c=[1, 1])}),
        ('camera', []),
    ],
)
def test_annotations_that_do_not_fit_are_named(tmp_path, build, part, content):
    write_raw_human36m(tmp_path, count=1)
    path = tmp_path / f'annotations/Human36M_subject5_{part}.json'
    path.write_text(json.dumps(content))
    match = r'Human36M_subject5_\*.json` do not match each other'
    with pytest.raises(UserError, match=match):
        build('Human36M3D', 'train')


# ---- in mmpose's form


@pytest.mark.parametrize(
    'split, fps, step',
    [('train', 50, 5), ('test', 50, 64), ('train', 10, 5), ('test', 10, 65)],
)
def test_people_of_mmposes_files(tmp_path, build, split, fps, step):
    written = write_human36m_mmpose(tmp_path, fps=fps)[split]
    dataset = build('Human36MMMPose', split, fps=fps)
    numbers = [
        n
        for n, name in enumerate(written['imgname'])
        if (int(name[-10:-4]) - 1) % step == 0
    ]
    assert len(numbers) in (52, 6, 4)
    for item, n in zip(dataset, numbers, strict=True):
        assert item['img_path'] == f'{tmp_path}/images/{written["imgname"][n]}'
        pixels, points = written['part'][n, :, :2], 1000 * written['S'][n, :, :3]
        np.testing.assert_allclose(item['keypoints'][0], pixels, rtol=1e-6)
        np.testing.assert_allclose(item['keypoints_3d'][0], points, rtol=1e-6)
        assert item['keypoints_visible'].tolist() == [[1] * 17]
        np.testing.assert_array_equal(item['bbox'][0], square_about(pixels, (1000, 1000)))
    assert list(dataset.metainfo['keypoint_id2name'].values()) == H36M_JOINTS


def test_the_camera_makes_up_for_the_lens(tmp_path, build):
    """The true one without its distortion is several px off."""
    write_human36m_mmpose(tmp_path)
    errors = dict(fitted=[], true=[])
    for item in build('Human36MMMPose', 'train'):
        true = dict(focal=[1145.0, 1143.8], principal_point=[512.5, 515.5])
        for name, camera in (('fitted', item['camera']), ('true', true)):
            points = item['keypoints_3d'][0]
            pixels = camera['focal'] * points[:, :2] / points[:, 2:]
            pixels = pixels + camera['principal_point']
            errors[name].append(np.abs(pixels - item['keypoints'][0]).max())
    assert max(errors['fitted']) < 2 and np.median(errors['fitted']) < 1
    assert np.median(errors['true']) > 2 * np.median(errors['fitted'])


def rewrite(root, **changes):
    path = root / 'annotation_body3d/fps50/h36m_train.npz'
    with np.load(path) as file:
        content = dict(file)
    np.savez(path, **{**content, **changes})


@pytest.mark.parametrize(
    'change, message',
    [
        (dict(S=np.ones((2, 16, 4))), 'are not finite numbers of 17 keypoints'),
        (dict(scale=np.full(52, np.nan)), 'are not finite numbers of 17 keypoints'),
        (dict(imgname=np.array(['S1/a.jpg'] * 52)), 'without the number of its frame'),
        (dict(S=np.full((52, 17, 4), -1.0)), 'not in front of the camera'),
        (dict(part=np.array([dict()])), 'not a file of NumPy arrays with `part`'),
    ],
)
def test_other_arrays_are_refused(tmp_path, build, change, message):
    write_human36m_mmpose(tmp_path, fps=10)
    (tmp_path / 'annotation_body3d/fps10').rename(tmp_path / 'annotation_body3d/fps50')
    rewrite(tmp_path, **change)
    with pytest.raises(UserError, match=message):
        build('Human36MMMPose', 'train')


def test_other_rates_are_refused(build):
    with pytest.raises(UserError, match='Human36MMMPose has no fps=25: use 50 or 10'):
        build('Human36MMMPose', 'train', fps=25)
