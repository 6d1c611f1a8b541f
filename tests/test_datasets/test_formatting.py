import numpy as np
import torch
from mmengine.dataset import Compose
from mmpose.registry import DATASETS

CROP = [
    dict(type='GetBBoxCenterScale'),
    dict(type='TopdownAffine3D', input_size=(64, 64)),
]


def test_packs_what_views_need(make_config):
    item = Compose(CROP)(DATASETS.build(make_config())[0])
    packed = Compose([dict(type='PackPoseView')])(item)
    sample = packed['data_samples']
    assert packed['inputs'].dtype == torch.uint8
    np.testing.assert_array_equal(packed['inputs'].permute(1, 2, 0), item['img'])
    np.testing.assert_array_equal(sample.warp_mat, item['warp_mat'])
    np.testing.assert_array_equal(sample.camera['focal'], item['camera']['focal'])
    np.testing.assert_array_equal(sample.gt_instances.keypoints_3d, item['keypoints_3d'])
    np.testing.assert_array_equal(sample.gt_instances.keypoints, item['keypoints'])
    foreground = sample.gt_foreground
    assert foreground.shape == (1, 64, 64) and foreground.dtype == torch.float32
    np.testing.assert_allclose(foreground[0], item['mask'] / np.float32(255))
    assert foreground.max() == 1


def test_heatmaps_and_foreground_have_sizes_of_their_own(make_config):
    target = dict(
        type='GenerateTarget',
        encoder=dict(
            type='MSRAHeatmap', input_size=(64, 64), heatmap_size=(16, 16), sigma=2
        ),
    )
    dataset = DATASETS.build(make_config())
    sample = Compose([*CROP, target, dict(type='PackPoseView')])(dataset[0])
    assert sample['data_samples'].gt_fields.heatmaps.shape == (21, 16, 16)
    assert sample['data_samples'].gt_foreground.shape == (1, 64, 64)
    assert sample['data_samples'].gt_instance_labels.keypoint_weights.shape == (1, 21)


def test_packs_nothing_that_is_not_there(make_config):
    dataset = DATASETS.build(make_config(labels=False, camera=False))
    sample = Compose([*CROP, dict(type='PackPoseView')])(dataset[0])['data_samples']
    assert 'camera' not in sample and 'gt_foreground' not in sample
    assert 'gt_fields' not in sample
    assert sorted(sample.gt_instances.keys()) == [
        'bbox_scales',
        'bbox_scores',
        'bboxes',
    ]
    assert sample.gt_instance_labels.keys() == []
