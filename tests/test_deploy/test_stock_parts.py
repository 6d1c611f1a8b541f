import numpy as np
import pytest
import torch
from config_factory import CONFIG_DIR, tiny_config
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import DATASETS, MODELS

from mmpose_uda.deploy.export import export_estimator
from mmpose_uda.deploy.stock_parts import with_stock_parts

CONFIGS = ['hand_2d.py', 'human_2d.py', 'animal_2d.py']


@pytest.fixture(params=CONFIGS)
def exported(request, tmp_path):
    """The config of a training and its exported folder, moved after the export."""
    init_default_scope('mmpose')
    cfg = tiny_config(CONFIG_DIR / request.param, tmp_path / 'data', tmp_path / 'run')
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    model.update_teacher()
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    checkpoint = dict(
        state_dict=model.state_dict(), meta=dict(dataset_meta=dataset.metainfo)
    )
    out = export_estimator(cfg, checkpoint, str(tmp_path / 'out'))
    return cfg, out.rename(tmp_path / 'moved')


def test_nothing_of_this_package_is_left(exported):
    _, folder = exported
    assert sorted(p.name for p in folder.iterdir()) == [
        'config.py',
        'metainfo.py',
        'model.pth',
    ]
    text = (folder / 'config.py').read_text()
    for name in ('mmpose_uda', "'PoseDataset", 'CropPCK', 'PackPoseView', 'LoadPose'):
        assert name not in text


def test_the_data_is_the_same(exported):
    cfg, folder = exported
    stock = DATASETS.build(Config.fromfile(folder / 'config.py').test_dataloader.dataset)
    own = DATASETS.build(cfg.test_dataloader.dataset)
    assert type(stock).__name__ == 'CocoDataset' and len(stock) == len(own) > 0
    for key in ('flip_indices', 'keypoint_id2name', 'skeleton_links'):
        assert stock.metainfo[key] == own.metainfo[key]
    for i in range(len(own)):
        assert torch.equal(stock[i]['inputs'], own[i]['inputs'])
        np.testing.assert_array_equal(
            stock[i]['data_samples'].gt_instances.keypoints,
            own[i]['data_samples'].gt_instances.keypoints,
        )


def test_the_stock_runner_tests_it(exported):
    _, folder = exported
    cfg = Config.fromfile(folder / 'config.py')
    cfg.work_dir = str(folder / 'test')
    cfg.load_from = str(folder / 'model.pth')
    cfg.experiment_name = f'stock_{folder.parent.name}'
    metrics = Runner.from_cfg(cfg).test()
    assert set(metrics) == {'PCK'} and 0 <= metrics['PCK'] <= 1


def test_translation_keeps_what_it_does_not_know():
    pipeline = [
        dict(type='LoadPoseImage', to_float32=True),
        dict(type='LoadPoseMask'),
        dict(type='MirrorRightHand'),
        dict(type='GetBBoxCenterScale', padding=1.5),
        dict(type='TopdownAffine3D', input_size=(64, 48)),
        dict(type='PackPoseView', extra_meta_keys=('warp_mat',), pack_transformed=True),
    ]
    assert with_stock_parts(dict(pipeline=pipeline, batch_size=3)) == dict(
        pipeline=[
            dict(type='LoadImage', to_float32=True),
            dict(type='GetBBoxCenterScale', padding=1.5),
            dict(type='TopdownAffine', input_size=(64, 48)),
            dict(type='PackPoseInputs', pack_transformed=True),
        ],
        batch_size=3,
    )


def test_metrics_by_the_crop_are_those_by_the_box():
    evaluator = [
        dict(type='CropPCK', thr=0.1, groups='body16', prefix='target'),
        dict(type='CropPCK', protocol='regda', prefix='target_regda'),
        dict(type='CropPCK', protocol='uniframe_animal', prefix='target_uniframe'),
        dict(type='EPE', prefix='target'),
    ]
    assert with_stock_parts(evaluator) == [
        dict(type='PCKAccuracy', thr=0.1, norm_item='bbox'),
        dict(type='EPE', prefix='target'),
    ]
