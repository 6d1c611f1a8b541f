"""What holds for every public data set."""

import shutil

import numpy as np
import published_3d_factory as factory_3d
import published_body_factory as body_factory
import published_factory as factory
import pytest
from mmpose.registry import DATASETS

from mmpose_uda.datasets.published import PublishedDataset
from mmpose_uda.errors import UserError

WRITERS = {
    'DexYCB': factory_3d.write_dex_ycb,
    'FreiHAND': factory.write_freihand,
    'HO3D': factory_3d.write_ho3d,
    'Hand3DStudio': factory.write_hand_3d_studio,
    'Human36M3D': factory.write_raw_human36m,
    'Human36MMMPose': body_factory.write_human36m_mmpose,
    'Human36MRGB': factory.write_human36m,
    'InterHand26M': factory_3d.write_inter_hand,
    'LSP': factory.write_lsp,
    'LSPExtended': factory.write_lsp_extended,
    'MPIINF3DHP': body_factory.write_mpi_inf_3dhp,
    'MPIINF3DHPMMPose': body_factory.write_mpi_inf_3dhp_mmpose,
    'RenderedHandPose': factory.write_rendered_hand_pose,
    'STB': factory_3d.write_stb,
    'SURREAL': factory.write_surreal,
    'SURREAL3D': body_factory.write_surreal_full,
    'ThreeDPW': body_factory.write_three_dpw,
}
# Files and folders that each needs, one of every kind.
NEEDED = [
    ('DexYCB', 'calibration/intrinsics/932122062010_640x480.yml'),
    ('DexYCB', '20200709-subject-01/20200709_140003/meta.yml'),
    ('DexYCB', '20200820-subject-03/20200820_140018/839512060362/labels_000000.npz'),
    ('DexYCB', '20201022-subject-10/20201022_140063/839512060362/color_000000.jpg'),
    ('DexYCB', '20201022-subject-10'),
    ('FreiHAND', 'training_K.json'),
    ('FreiHAND', 'training_xyz.json'),
    ('FreiHAND', 'training/mask/00000004.jpg'),
    ('FreiHAND', 'training/rgb/00000019.jpg'),
    ('HO3D', 'train.txt'),
    ('HO3D', 'train/ABF10/meta/0002.pkl'),
    ('HO3D', 'train/MC1/meta/0001.pkl'),
    ('HO3D', 'train/MC1/rgb/0002.jpg'),
    ('Hand3DStudio', 'H3D_crop/annotation.json'),
    ('Hand3DStudio', 'H3D_crop/part2'),
    ('Human36M3D', 'annotations/Human36M_subject6_camera.json'),
    ('Human36M3D', 'annotations/Human36M_subject7_data.json'),
    ('Human36M3D', 'annotations/Human36M_subject8_joint_3d.json'),
    ('Human36M3D', 'images'),
    ('Human36MMMPose', 'annotation_body3d/fps50/h36m_train.npz'),
    ('Human36MMMPose', 'images'),
    ('Human36MRGB', 'annotations/keypoints2d_8.json'),
    ('Human36MRGB', 'crop_images'),
    ('InterHand26M', 'annotations/train/InterHand2.6M_train_data.json'),
    ('InterHand26M', 'annotations/train/InterHand2.6M_train_camera.json'),
    ('InterHand26M', 'annotations/train/InterHand2.6M_train_joint_3d.json'),
    ('InterHand26M', 'images/train/Capture1'),
    ('LSP', 'joints.mat'),
    ('LSP', 'images'),
    ('LSPExtended', 'joints.mat'),
    ('MPIINF3DHP', 'S3/Seq2/annot.mat'),
    ('MPIINF3DHP', 'S5/Seq1/camera.calibration'),
    ('MPIINF3DHP', 'S8/Seq2/imageFrames/video_8/frame_000001.jpg'),
    ('MPIINF3DHPMMPose', 'annotations/mpi_inf_3dhp_train.npz'),
    ('MPIINF3DHPMMPose', 'annotations/cameras_train.pkl'),
    ('MPIINF3DHPMMPose', 'images/S1_Seq1_Cam4_000011.jpg'),
    ('RenderedHandPose', 'RHD_published_v2/training/anno_training.pickle'),
    ('RenderedHandPose', 'RHD_published_v2/training/color/00003.png'),
    ('RenderedHandPose', 'RHD_published_v2/training/mask'),
    ('STB', 'labels/B4Random_SK.mat'),
    ('STB', 'images/B2Counting/SK_color_0.png'),
    ('STB', 'images/B6Random'),
    ('SURREAL', 'train/run1.json'),
    ('SURREAL', 'train/run2'),
    ('SURREAL3D', 'cmu/train/run0/01_01/01_01_c0001_frames'),
    ('SURREAL3D', 'cmu/train/run2/01_01/01_01_c0001_frames/0001.jpg'),
    ('SURREAL3D', 'cmu/train'),
    ('ThreeDPW', 'sequenceFiles/train'),
    ('ThreeDPW', 'imageFiles/train_walk_01/image_00002.jpg'),
    ('ThreeDPW', 'imageFiles/train_talk_00'),
]


@pytest.fixture(params=WRITERS)
def name(request, tmp_path):
    WRITERS[request.param](tmp_path)
    return request.param


def test_a_sample_is_as_models_take_it(name, build):
    dataset = build(name, 'train')
    assert isinstance(dataset, PublishedDataset)
    count = dataset.metainfo['num_keypoints']
    for item in dataset:
        assert item['keypoints'].shape == (1, count, 2)
        assert item['keypoints_visible'].shape == (1, count)
        assert set(np.unique(item['keypoints_visible'])) <= {0, 1}
        assert item['bbox'].shape == (1, 4) and item['bbox_score'].tolist() == [1]
        height, width = item['img'].shape[:2]
        x1, y1, x2, y2 = item['bbox'][0]
        assert 0 <= x1 < x2 < width and 0 <= y1 < y2 < height
        for key in ('bbox', 'keypoints', 'keypoints_visible'):
            assert item[key].dtype == np.float32
        if 'mask' in item:
            assert item['mask'].shape == (height, width)
            assert item['mask'].max() > 200 and item['mask'].min() < 50
    assert [item['id'] for item in dataset] == list(range(len(dataset)))


def test_without_labels_none_are_there(name, build):
    dataset = build(name, 'train', labels=False)
    assert len(dataset) == len(build(name, 'train'))
    item = dataset[0]
    told = {'dataset_keypoint_weights'}  # of the metainfo
    assert {key for key in item if 'keypoint' in key or 'mask' in key} == told
    assert item['bbox'].shape == (1, 4)
    item = build(name, 'train', labels=False, masks=True)[0]
    masked = ('DexYCB', 'FreiHAND', 'HO3D', 'RenderedHandPose', 'SURREAL3D')
    assert ('mask' in item) == (name in masked)


def test_order_is_the_same_every_time(name, build):
    first, second = ([item['img_path'] for item in build(name, 'train')] for _ in '12')
    assert first == second


def test_unknown_split_is_named(name, build):
    with pytest.raises(UserError, match=f"{name} has no split 'dev': use one of train"):
        build(name, 'dev')


@pytest.mark.parametrize('name, path', NEEDED)
def test_what_is_missing_is_named_with_the_tree(tmp_path, build, name, path):
    WRITERS[name](tmp_path)
    missing = tmp_path / path
    shutil.rmtree(missing) if missing.is_dir() else missing.unlink()
    with pytest.raises(UserError) as caught:
        build(name, 'train')
    message = str(caught.value)
    assert path in message or 'images in' in message
    assert DATASETS.get(name).TREE.strip() in message


def test_no_folder_at_all(build, tmp_path):
    for name in WRITERS:
        with pytest.raises(UserError, match='nowhere` does not exist'):
            build(name, 'train', data_root=str(tmp_path / 'nowhere'))


@pytest.mark.parametrize(
    'name, path',
    [one for one in NEEDED if one[1].endswith(('json', 'mat', 'npz', 'pickle', 'pkl'))],
)
def test_damaged_files_are_named(tmp_path, build, name, path):
    WRITERS[name](tmp_path)
    whole = (tmp_path / path).read_bytes()
    (tmp_path / path).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=path.replace('.', r'\.')):
        build(name, 'train')
