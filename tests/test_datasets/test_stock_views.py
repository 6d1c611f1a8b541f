"""Views derived from stock pipelines, against what mmpose makes of these pipelines."""

import copy
import random

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmpose.registry import DATASETS
from stock_factory import write_coco

from mmpose_uda.datasets.stock_views import derive_views
from mmpose_uda.errors import UserError

SIZE = (48, 64)
CODEC = dict(type='MSRAHeatmap', input_size=SIZE, heatmap_size=(12, 16), sigma=1)
STOCK = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale'),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='RandomHalfBody'),
    dict(type='RandomBBoxTransform'),
    dict(type='TopdownAffine', input_size=SIZE),
    dict(type='PhotometricDistortion'),
    dict(type='GenerateTarget', encoder=CODEC),
    dict(type='PackPoseInputs', pack_transformed=True),
]


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    return write_coco(tmp_path_factory.mktemp('coco'))


@pytest.fixture
def source(root):
    return dict(
        type='CocoDataset',
        data_root=str(root),
        ann_file='annotations/train.json',
        data_prefix=dict(img='images/'),
        pipeline=copy.deepcopy(STOCK),
    )


@pytest.fixture
def dataset(source, root):
    target = dict(type='UnlabelledImageFolder', data_root=str(root / 'images'))
    return DATASETS.build(dict(type='SourceTargetDataset', source=source, target=target))


def seed(number):
    random.seed(number)
    np.random.seed(number)


@pytest.mark.parametrize('use_udp', [False, True])
def test_the_source_is_augmented_as_the_stock_pipeline_does_it(source, use_udp):
    source['pipeline'][5]['use_udp'] = use_udp
    stock = DATASETS.build(source)
    loading, views = derive_views(source['pipeline'])
    ours = Compose([*loading, *views['source']])
    for number in range(12):
        info = stock.get_data_info(number % len(stock))
        seed(number)
        expected = stock.pipeline(copy.deepcopy(info))
        seed(number)
        found = ours(copy.deepcopy(info))
        difference = found['inputs'].float() - expected['inputs'].float()
        assert difference.abs().mean() < 1  # pixels of 0..255, resampled twice as exactly
        one, other = expected['data_samples'], found['data_samples']
        torch.testing.assert_close(one.gt_fields.heatmaps, other.gt_fields.heatmaps)
        np.testing.assert_allclose(
            one.gt_instances.transformed_keypoints,
            other.gt_instances.transformed_keypoints,
            atol=1e-2,
        )
        assert one.flip == other.flip


def test_points_travel_by_the_recorded_matrices(dataset):
    infos = {item['img_path']: item for item in map(dataset.source.get_data_info, range(4))}
    mirrored = set()
    for draw in range(12):
        sample = dataset[draw]['data_samples']['source']
        points = infos[sample.img_path]['keypoints']
        moved = cv2.transform(points, sample.warp_mat)
        is_mirrored = bool(np.linalg.det(sample.warp_mat[:, :2]) < 0)
        assert is_mirrored == sample.flip
        mirrored.add(is_mirrored)
        if is_mirrored:
            moved = moved[:, sample.flip_indices]
        np.testing.assert_allclose(
            moved, sample.gt_instances.transformed_keypoints, atol=1e-2
        )
    assert mirrored == {True, False}


def test_the_teacher_sees_the_plain_crop(dataset, source, root):
    plain = [step for step in STOCK if step['type'] in (
        'LoadImage', 'GetBBoxCenterScale', 'TopdownAffine', 'PackPoseInputs'
    )]  # fmt: skip
    for draw in range(4):
        item = dataset[draw]
        sample = item['data_samples']['target_teacher']
        # without boxes, a sample is the whole image
        height, width = sample.ori_shape
        info = dict(
            img_path=sample.img_path, bbox=np.array([[0, 0, width - 1, height - 1]], float)
        )
        expected = Compose(plain)(info)['inputs'].float()
        difference = item['inputs']['target_teacher'].float() - expected
        assert difference.abs().mean() < 1
        student = item['data_samples']['target_student']
        assert student.img_path == sample.img_path
        assert not np.allclose(student.warp_mat, sample.warp_mat)


def test_what_the_target_loads_by_is_not_its_own_pipeline(source, root):
    # a target that inherits a whole stock config, labels and all
    target = copy.deepcopy(source)
    target['pipeline'] = [dict(type='GenerateTarget', encoder=CODEC)]
    both = dict(type='SourceTargetDataset', source=source, target=target)
    sample = DATASETS.build(both)[0]['data_samples']['target_student']
    assert 'keypoints' not in sample.gt_instances and 'gt_fields' not in sample


@pytest.mark.parametrize(
    'name',
    [
        'animal_2d_keypoint/rtmpose/ap10k/rtmpose-m_8xb64-210e_ap10k-256x256.py',
        'body_2d_keypoint/rtmpose/body8/rtmpose-m_8xb256-420e_body8-256x192.py',
        'face_2d_keypoint/rtmpose/wflw/rtmpose-m_8xb64-60e_wflw-256x256.py',
        'hand_2d_keypoint/topdown_heatmap/rhd2d/td-hm_res50_8xb64-210e_rhd2d-256x256.py',
    ],
)
def test_pipelines_of_the_wheel(name, tmp_path):
    path = tmp_path / 'config.py'
    path.write_text(f"_base_ = 'mmpose::{name}'")
    stock = Config.fromfile(path).train_dataloader.dataset.pipeline
    loading, views = derive_views(stock)
    assert [step['type'] for step in loading] == ['LoadPoseImage']
    assert len(views['source']) == len(stock) - 1
    for view, pipeline in views.items():
        Compose(pipeline)
        kinds = {step['type'] for step in pipeline}
        assert {'TopdownAffine3D', 'PackPoseView'} <= kinds
        assert ('GenerateTarget' in kinds) == (view == 'source')


@pytest.mark.parametrize('missing', ['LoadImage', 'TopdownAffine', 'PackPoseInputs'])
def test_a_pipeline_that_is_not_top_down(source, missing):
    source['pipeline'] = [step for step in STOCK if step['type'] != missing]
    both = dict(type='SourceTargetDataset', source=source, target=None)
    with pytest.raises(UserError, match=f'has no {missing}, .* its `views`'):
        DATASETS.build(both)
    source.pop('pipeline')
    with pytest.raises(UserError, match='has no LoadImage'):
        DATASETS.build(both)


def test_flips_of_another_direction(source):
    source['pipeline'][2]['direction'] = 'vertical'
    both = dict(type='SourceTargetDataset', source=source, target=None)
    with pytest.raises(UserError, match="direction='vertical'"):
        DATASETS.build(both)
