import json

import cv2
import numpy as np
import pytest
from published_factory import H36M_SUBJECTS, write_raw_human36m

from mmpose_uda.datasets.published.h36m_conversion import convert_h36m
from mmpose_uda.errors import UserError

# name of the keypoint -> joint of Human3.6M
JOINTS = dict(
    right_ankle=3, right_knee=2, right_hip=1, left_hip=4, left_knee=5, left_ankle=6,
    pelvis=0, upper_neck=8, head_top=10, right_wrist=16, right_elbow=15,
    right_shoulder=14, left_shoulder=11, left_elbow=12, left_wrist=13,
)  # fmt: skip


@pytest.fixture
def raw(tmp_path):
    return write_raw_human36m(tmp_path)


def convert(root, workers=2):
    return list(convert_h36m(str(root), workers))


def expected_poses(raw, subject, number):
    """By name of the keypoint: points in mm along the camera's axes, and px."""
    image = raw[subject]['data']['images'][number]
    camera = raw[subject]['camera'][str(image['cam_idx'])]
    joints = np.array(raw[subject]['joint_3d']['2']['1'][str(image['frame_idx'])])
    joints = (np.array(camera['R']) @ joints.T).T + camera['t']
    points = {name: joints[i] for name, i in JOINTS.items()}
    points['thorax'] = (points['right_shoulder'] + points['left_shoulder']) / 2
    pixels = {
        name: np.array(camera['f']) * point[:2] / point[2] + camera['c']
        for name, point in points.items()
    }
    return points, pixels


def test_crops_are_what_the_data_set_reads(raw, tmp_path, build, capsys):
    said = convert(tmp_path)
    assert said == [f'subject {s}: 3 crops, 3 of them new' for s in H36M_SUBJECTS]
    assert 'subject 11: 100%' in capsys.readouterr().err
    dataset = build('Human36MRGB', 'train')
    names = list(dataset.metainfo['keypoint_id2name'].values())
    numbers = [(s, n) for s in (1, 5, 6, 7, 8) for n in (0, 5, 10)]
    for item, (subject, number) in zip(dataset, numbers, strict=True):
        assert item['img'].shape == (512, 512, 3)
        source = raw[subject]['data']['images'][number]['file_name']
        assert item['img_path'].endswith(f'crop_images/{source}')
        _, pixels = expected_poses(raw, subject, number)
        pixels = np.array([pixels[name] for name in names])
        side = min(round(1.5 * np.ptp(pixels, 0).max()), 100)
        # the keypoints as in the image, but for one corner
        corners = pixels - item['keypoints'][0] * side / 512
        np.testing.assert_allclose(corners, corners[:1].round().repeat(16, 0), atol=1e-3)
        left, upper = corners[0].round().astype(int)
        image = cv2.imread(str(tmp_path / 'images' / source))
        crop = image[upper : upper + side, left : left + side]
        assert crop.shape == (side, side, 3)
        # enlarging and JPEG leave coarse colours as they are
        small = cv2.resize(item['img'], (4, 4), interpolation=cv2.INTER_AREA)
        exact = cv2.resize(crop, (4, 4), interpolation=cv2.INTER_AREA)
        assert np.abs(small.astype(int) - exact).max() < 25


def test_3d_of_the_list_is_the_true_one(raw, tmp_path):
    convert(tmp_path)
    samples = json.loads((tmp_path / 'annotations/keypoints2d_9.json').read_text())
    points, _ = expected_poses(raw, 9, 5)
    found = np.array(samples[1]['keypoint3d'])
    np.testing.assert_allclose(found[8], points['upper_neck'])
    np.testing.assert_allclose(found[7], points['thorax'])
    pixels = found @ np.transpose(samples[1]['intrinsic_matrix'])
    pixels = pixels[:, :2] / pixels[:, 2:]
    np.testing.assert_allclose(pixels, samples[1]['keypoint2d'])


def test_a_run_that_was_stopped_goes_on(raw, tmp_path):
    broken = tmp_path / 'images' / raw[5]['data']['images'][5]['file_name']
    content = broken.read_bytes()
    broken.write_bytes(content[:100])
    with pytest.raises(UserError, match=f'`{broken}` is missing or does not decode'):
        convert(tmp_path, workers=1)
    assert (tmp_path / 'annotations/keypoints2d_1.json').exists()
    assert not (tmp_path / 'annotations/keypoints2d_5.json').exists()
    assert not list(tmp_path.rglob('*.partial'))
    made = {path: path.stat().st_mtime_ns for path in tmp_path.glob('crop_images/*/*')}

    broken.write_bytes(content)
    said = convert(tmp_path)
    assert said[0] == 'subject 1: 3 crops, 0 of them new'
    assert said[2] == 'subject 6: 3 crops, 3 of them new'
    assert all(path.stat().st_mtime_ns == time for path, time in made.items())
    assert len(list(tmp_path.glob('crop_images/*/*'))) == 3 * len(H36M_SUBJECTS)


@pytest.mark.parametrize(
    'missing',
    ['images', 'annotations/Human36M_subject7_camera.json'],
)
def test_what_is_missing_is_named_before_anything_is_made(raw, tmp_path, missing):
    (tmp_path / missing).rename(tmp_path / 'elsewhere')
    with pytest.raises(UserError, match=f'no `{missing}`: it must hold Human3.6M as\n'):
        convert(tmp_path)
    assert not (tmp_path / 'crop_images').exists()


def edit_first_image(root, **changes):
    path = root / 'annotations/Human36M_subject1_data.json'
    content = json.loads(path.read_text())
    content['images'][0].update(changes)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    'changes, message',
    [
        (dict(width=121), 'is 120 x 100 px, but 121 x 100 in its annotation'),
        (
            dict(frame_idx=99),
            r"Human36M_subject1_\*.json` do not match each other.*'99'",
        ),
        (dict(cam_idx=3), "do not match each other.*'3'"),
        (dict(file_name='../../outside.jpg'), 'outside.jpg` leads out of the folder'),
        (dict(file_name='/outside.jpg'), 'outside.jpg` leads out of the folder'),
    ],
)
def test_annotations_that_do_not_fit_are_named(raw, tmp_path, changes, message):
    edit_first_image(tmp_path, **changes)
    with pytest.raises(UserError, match=message):
        convert(tmp_path)


def test_no_workers(raw, tmp_path):
    with pytest.raises(UserError, match='--workers is 0: it must be at least 1'):
        convert(tmp_path, workers=0)
