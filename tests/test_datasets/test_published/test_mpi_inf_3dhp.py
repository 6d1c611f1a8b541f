import pickle
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from published_body_factory import (
    H36M_JOINTS,
    MPI_ALL,
    MPI_NAMES,
    MPI_RELEVANT,
    mpi_camera,
    square_about,
    write_mpi_inf_3dhp,
    write_mpi_inf_3dhp_mmpose,
    write_mpi_inf_3dhp_test,
)
from scipy.io import loadmat, savemat

from mmpose_uda.datasets.published import mpi_inf_3dhp, mpi_inf_3dhp_frames
from mmpose_uda.datasets.published.mpi_inf_3dhp_frames import extract_mpi_inf_3dhp
from mmpose_uda.errors import UserError

CAMERAS = (0, 1, 2, 4, 5, 6, 7, 8)
# what its mpii_get_pck_auc_joint_groups.m scores: not pelvis, spine and head
SCORED = [i for i, name in enumerate(H36M_JOINTS) if name not in ('root', 'spine')]
SCORED.remove(H36M_JOINTS.index('neck_base'))


def in_order(array, names):
    """Of an array [J, D] of the data set's joints those of 'human17'."""
    return array[[names.index(MPI_NAMES.get(name, name)) for name in H36M_JOINTS]]


def projected(points, focal, middle):
    return focal * points[:, :2] / points[:, 2:] + middle


@pytest.fixture
def few(monkeypatch):
    """Only one subject, and videos of 21 frames."""
    frames = {(6, 1): 21, (6, 2): 21}
    for module in (mpi_inf_3dhp, mpi_inf_3dhp_frames):
        monkeypatch.setattr(module, 'FRAMES', frames)


def test_people_of_the_training(few, tmp_path, build):
    written = write_mpi_inf_3dhp(tmp_path, count=22, subjects=(6,))
    dataset = build('MPIINF3DHP', 'train')
    expected = [
        (sequence, camera, row)
        for sequence in (1, 2)
        for camera in CAMERAS
        for row in (0, 10, 20)
        if (sequence, camera) != (2, 2)  # the video lacks frames
    ]
    for item, (sequence, camera, row) in zip(dataset, expected, strict=True):
        name = f'S6/Seq{sequence}/imageFrames/video_{camera}/frame_{row + 1:06d}.jpg'
        assert item['img_path'] == f'{tmp_path}/{name}'
        points = in_order(written[6, sequence, camera]['annot3'][row], MPI_ALL)
        focal, middle = mpi_camera(camera)
        pixels = projected(points, focal, middle)
        np.testing.assert_allclose(item['keypoints_3d'][0], points, rtol=1e-6)
        np.testing.assert_allclose(item['keypoints'][0], pixels, atol=1e-3)
        published = in_order(written[6, sequence, camera]['annot2'][row], MPI_ALL)
        assert np.abs(item['keypoints'][0] - published).max() < 2
        np.testing.assert_allclose(item['camera']['focal'], focal)
        np.testing.assert_allclose(item['camera']['principal_point'], middle)
        np.testing.assert_array_equal(item['bbox'][0], square_about(pixels, (2048, 2048)))
    names = dataset.metainfo['keypoint_id2name'].values()
    assert list(names) == H36M_JOINTS


def test_people_of_one_height(few, tmp_path, build):
    written = write_mpi_inf_3dhp(tmp_path, subjects=(6,))
    true, scaled = (
        build('MPIINF3DHP', 'train', universal=universal)[0] for universal in (False, True)
    )
    expected = in_order(written[6, 1, 0]['univ_annot3'][0], MPI_ALL)
    found = scaled['keypoints_3d'][0]
    np.testing.assert_allclose(found - found[0], expected - expected[0], atol=1e-3)
    assert np.abs(found - true['keypoints_3d'][0]).max() > 20
    np.testing.assert_array_equal(scaled['keypoints'], true['keypoints'])
    camera = scaled['camera'].values()
    np.testing.assert_allclose(projected(found, *camera), scaled['keypoints'][0], atol=0.01)


def test_people_of_the_test(tmp_path, build):
    pytest.importorskip('h5py')
    written = write_mpi_inf_3dhp_test(tmp_path, valid=(1, 0, 1))
    dataset = build('MPIINF3DHP', 'test')
    expected = [(f'TS{i}', row) for i in range(1, 7) for row in (0, 2)]
    for item, (sequence, row) in zip(dataset, expected, strict=True):
        name = f'mpi_inf_3dhp_test_set/{sequence}/imageSequence/img_{row + 1:06d}.jpg'
        assert item['img_path'] == f'{tmp_path}/{name}'
        outdoors = sequence in ('TS5', 'TS6')
        size = (1920, 1080) if outdoors else (2048, 2048)
        assert item['img'].shape[:2] == size[::-1]
        focal = [1684, 1672] if outdoors else [1500, 1500.5]
        np.testing.assert_allclose(item['camera']['focal'], focal, rtol=1e-6)
        np.testing.assert_allclose(
            item['camera']['principal_point'], np.array(size) / 2 + 8, rtol=1e-5
        )
        arrays = {
            key: in_order(a[row], MPI_RELEVANT) for key, a in written[sequence].items()
        }
        assert np.abs(item['keypoints'][0] - arrays['annot2']).max() < 2
        exact = [i for i in range(17) if i not in (1, 4, 7)]  # not hips and spine
        np.testing.assert_allclose(
            item['keypoints'][0][exact], arrays['annot2'][exact], atol=1e-2
        )
        pose, scaled = item['keypoints_3d'][0], arrays['univ_annot3']
        np.testing.assert_allclose(pose - pose[0], scaled - scaled[0], atol=1e-2)
        camera = item['camera'].values()
        np.testing.assert_allclose(projected(pose, *camera), item['keypoints'][0], atol=0.1)
        box = square_about(item['keypoints'][0], size)
        np.testing.assert_array_equal(item['bbox'][0], box)


def test_all_joints_of_the_test_count(tmp_path, build):
    """The published figures are of those outside the image, too."""
    h5py = pytest.importorskip('h5py')
    write_mpi_inf_3dhp_test(tmp_path)
    with h5py.File(tmp_path / 'mpi_inf_3dhp_test_set/TS1/annot_data.mat', 'r+') as file:
        file['annot3'][0, 0, 4] = [9000, 0, 4000]
        file['annot2'][0, 0, 4] = [1500 * 9 / 4 + 1032, 1032]
    item = build('MPIINF3DHP', 'test', universal=False)[0]
    wrist = H36M_JOINTS.index('right_wrist')
    assert item['keypoints'][0, wrist, 0] > 4000
    assert item['keypoints_visible'].tolist() == [[1] * 17]
    np.testing.assert_allclose(item['keypoints_3d'][0, wrist], [9000, 0, 4000])


def test_the_joints_that_the_page_scores():
    page = Path(__file__).parents[3] / 'docs/datasets.md'
    assert len(SCORED) == 14 and f'joints={SCORED}' in page.read_text()


def test_images_of_the_videos(few, tmp_path, build):
    write_mpi_inf_3dhp(tmp_path, count=21, subjects=(6,))
    made = sorted(tmp_path.glob('S6/Seq*/imageFrames/*/*.jpg'))
    for path in made:
        path.unlink()
    for sequence, camera in ((q, c) for q in (1, 2) for c in CAMERAS):
        path = tmp_path / f'S6/Seq{sequence}/imageSequence/video_{camera}.avi'
        path.parent.mkdir(exist_ok=True)
        video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25, (64, 48))
        for i in range(21):
            video.write(np.full((48, 64, 3), 10 * i, np.uint8))
        video.release()
    broken = tmp_path / 'S6/Seq2/imageSequence/video_5.avi'
    whole = broken.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match='video_5.avi` does not decode up to frame'):
        list(extract_mpi_inf_3dhp(str(tmp_path), 1))
    broken.write_bytes(whole)
    said = list(extract_mpi_inf_3dhp(str(tmp_path), 2))
    assert said[0] == 'S6/Seq1: 24 images, 0 of them new'
    assert said[1].startswith('S6/Seq2: 21 images, ') and not said[1].endswith(
        ' 0 of them new'
    )
    assert not list(tmp_path.rglob('*.partial'))
    unused = {p for p in made if 'Seq2/imageFrames/video_2' in str(p)}
    assert sorted(tmp_path.glob('S6/Seq*/imageFrames/*/*.jpg')) == sorted({*made} - unused)
    for i, path in enumerate(made[:3]):
        assert abs(cv2.imread(str(path)).mean() - 100 * i) < 3
    broken.unlink()
    with pytest.raises(UserError, match='There is no `.*video_5.avi`'):
        list(extract_mpi_inf_3dhp(str(tmp_path), 1))


def drop_camera(path):
    text = path.read_text()
    path.write_text(text[: text.index('name          8')])


@pytest.mark.parametrize(
    'name, change, message',
    [
        ('camera.calibration', drop_camera, 'without the camera 8'),
        (
            'camera.calibration',
            lambda path: path.write_text('name 0\n  intrinsic 1 2 3'),
            'not a number and a matrix of 16',
        ),
        (
            'annot.mat',
            lambda path: savemat(path, dict(other=1)),
            'not a MATLAB file with `annot3`',
        ),
        (
            'annot.mat',
            lambda path: savemat(path, {**loadmat(path), 'annot3': np.ones((14, 5))}),
            'not a MATLAB file with `annot3`',
        ),
        (
            'annot.mat',
            lambda path: savemat(
                path, {**loadmat(path), 'annot3': loadmat(path)['annot3'][:6]}
            ),
            'do not hold the same frames of at least nine cameras',
        ),
    ],
)
def test_files_of_something_else(few, tmp_path, build, name, change, message):
    write_mpi_inf_3dhp(tmp_path, subjects=(6,))
    change(tmp_path / 'S6/Seq1' / name)
    with pytest.raises(UserError, match=message):
        build('MPIINF3DHP', 'train')


def test_a_test_of_something_else(tmp_path, build):
    h5py = pytest.importorskip('h5py')
    path = tmp_path / 'mpi_inf_3dhp_test_set/TS4/annot_data.mat'
    write_mpi_inf_3dhp_test(tmp_path)
    with h5py.File(path, 'r+') as file:
        del file['annot3']
        file['annot3'] = np.ones((3, 1, 16, 3))
    with pytest.raises(UserError, match='TS4/annot_data.mat` whose .* are not 17 joints'):
        build('MPIINF3DHP', 'test')
    for content in (b'', path.read_bytes()[:900], b'text'):
        path.write_bytes(content)
        with pytest.raises(UserError, match='TS4/annot_data.mat` is not an HDF5 file with'):
            build('MPIINF3DHP', 'test')
    path.unlink()
    with pytest.raises(UserError, match='has no `mpi_inf_3dhp_test_set/TS4/annot_data'):
        build('MPIINF3DHP', 'test')


def test_h5py_is_named_where_it_is_missing(tmp_path, build, monkeypatch):
    path = tmp_path / 'mpi_inf_3dhp_test_set/TS1/annot_data.mat'
    path.parent.mkdir(parents=True)
    path.write_bytes(b'')
    monkeypatch.setitem(sys.modules, 'h5py', None)
    with pytest.raises(UserError, match='which needs h5py: `pip install h5py`'):
        build('MPIINF3DHP', 'test')


# ---- in mmpose's form


@pytest.mark.parametrize('split, rows', [('train', [0, 10]), ('test', range(22))])
def test_people_of_mmposes_files(tmp_path, build, split, rows):
    written = write_mpi_inf_3dhp_mmpose(tmp_path)[split]
    dataset = build('MPIINF3DHPMMPose', split)
    for item, n in zip(dataset, rows, strict=True):
        name = written['imgname'][n]
        assert item['img_path'] == f'{tmp_path}/images/{name}'
        size = item['img'].shape[1::-1]
        points = in_order(1000 * written['S'][n, :, :3], MPI_RELEVANT)
        np.testing.assert_allclose(item['keypoints_3d'][0], points, rtol=1e-6)
        pixels = projected(points, np.array([1490.5, 1491]), np.array(size) / 2 - 5)
        np.testing.assert_allclose(item['keypoints'][0], pixels, atol=1e-3)
        half = written['scale'][n] * 200 / 2.4
        corners = written['center'][n] + [[-half, -half], [half, half]]
        np.testing.assert_array_equal(item['bbox'][0], square_about(corners, size))


@pytest.mark.parametrize(
    'content, message',
    [
        ({'S1_Seq1_Cam4': {}}, 'not a dict of cameras, each with `f` and `c`'),
        ([], 'not a dict of cameras'),
        ({}, "there is no camera 'S1_Seq1_Cam4'"),
    ],
)
def test_other_cameras_are_refused(tmp_path, build, content, message):
    write_mpi_inf_3dhp_mmpose(tmp_path)
    path = tmp_path / 'annotations/cameras_train.pkl'
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(UserError, match=message):
        build('MPIINF3DHPMMPose', 'train')
