import numpy as np
import pytest
from published_factory import write_lsp, write_lsp_extended
from scipy.io import loadmat, savemat

from mmpose_uda.errors import UserError

# joints in the order of the data set's own description
JOINTS = [
    'right_ankle', 'right_knee', 'right_hip', 'left_hip', 'left_knee', 'left_ankle',
    'right_wrist', 'right_elbow', 'right_shoulder', 'left_shoulder', 'left_elbow',
    'left_wrist', 'upper_neck', 'head_top',
]  # fmt: skip


def check(item, names, joints, seen):
    """One sample against its joints [14, 3]."""
    for i, name in names.items():
        visible = item['keypoints_visible'][0, i]
        if name in ('pelvis', 'thorax'):
            assert visible == 0
            continue
        joint = JOINTS.index(name)
        np.testing.assert_allclose(item['keypoints'][0, i], joints[joint, :2], rtol=1e-6)
        assert visible == seen[joint]


def numbers(dataset):
    return [int(item['img_path'][-8:-4]) for item in dataset]


def test_joints_and_visibility(tmp_path, build):
    joints = write_lsp(tmp_path)
    dataset = build('LSP', 'test')
    assert 0 < joints[..., 2].sum() < joints[..., 2].size
    for item, own in zip(dataset, joints, strict=True):
        check(item, dataset.metainfo['keypoint_id2name'], own, own[:, 2] == 0)
        height, width = item['img'].shape[:2]
        assert item['bbox'].tolist() == [[0, 0, width - 1, height - 1]]


def test_the_published_test_is_the_target_that_one_adapts_to(tmp_path, build):
    write_lsp(tmp_path)
    for split in ('train', 'test'):
        assert numbers(build('LSP', split)) == list(range(1, 11))


def test_the_clean_halves(tmp_path, build):
    joints = write_lsp(tmp_path)
    assert numbers(build('LSP', 'train', clean=True)) == list(range(1, 6))
    dataset = build('LSP', 'test', clean=True)
    assert numbers(dataset) == list(range(6, 11))
    check(
        dataset[0],
        dataset.metainfo['keypoint_id2name'],
        joints[5],
        joints[5, :, 2] == 0,
    )


@pytest.mark.parametrize('high_resolution', [False, True])
def test_the_extension(tmp_path, build, high_resolution):
    joints = write_lsp_extended(tmp_path, high_resolution=high_resolution)
    dataset = build('LSPExtended', 'train')
    for item, own in zip(dataset, joints, strict=True):
        check(item, dataset.metainfo['keypoint_id2name'], own, own[:, 2] == 1)
    assert numbers(dataset) == list(range(1, 7))


def test_half_unpacked_images(tmp_path, build):
    write_lsp(tmp_path)
    (tmp_path / 'images/im0007.jpg').unlink()
    with pytest.raises(UserError, match='joints of 10 images in .* but 9 images in `im'):
        build('LSP', 'train')


def test_the_other_set_of_the_two(tmp_path, build):
    write_lsp(tmp_path / 'a')
    write_lsp_extended(tmp_path / 'b')
    with pytest.raises(UserError, match='of 3 joints of 14 numbers, not of 14 joints'):
        build('LSPExtended', 'train', data_root=str(tmp_path / 'a'))
    with pytest.raises(UserError, match='`joints.mat` of 3 joints of 14 numbers'):
        build('LSP', 'train', data_root=str(tmp_path / 'b'))


def test_a_file_of_something_else(tmp_path, build):
    write_lsp(tmp_path)
    joints = loadmat(tmp_path / 'joints.mat')['joints']
    for content in (dict(points=joints), dict(joints=joints[0]), dict(joints='text')):
        savemat(tmp_path / 'joints.mat', content)
        with pytest.raises(UserError, match='without three-dimensional `joints`'):
            build('LSP', 'train')
