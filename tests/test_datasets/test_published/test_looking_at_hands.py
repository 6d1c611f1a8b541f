"""check_data and browse_dataset on hands with 3D, and a training's views of them."""

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmpose.registry import DATASETS
from published_3d_factory import (
    write_dex_ycb,
    write_ho3d,
    write_inter_hand,
    write_mmpose_rhd,
)
from published_factory import write_freihand, write_freihand_evaluation

from mmpose_uda.apis import browse_dataset, check_data

SOURCES = {
    'DexYCB': (write_dex_ycb, dict(split='val', setup='s1')),
    'HO3D': (write_ho3d, dict(split='train')),
    'InterHand26M': (write_inter_hand, dict(split='train')),
    'MMPoseHand': (write_mmpose_rhd, dict(ann_file='rhd_train.json')),
}
CONFIG = """
default_scope = 'mmpose'
custom_imports = dict(imports=['mmpose_uda'])
load = [
    dict(type='LoadPoseImage'), dict(type='LoadPoseMask'), dict(type='MirrorRightHand')
]
view = [
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='TopdownAffine3D', input_size=(64, 64)),
    dict(type='PackPoseView'),
]
train_dataloader = dict(dataset=dict(
    type='SourceTargetDataset',
    source=dict({source}, data_root='source', require_3d=True, pipeline=load),
    target=dict(
        type='FreiHAND', split='train', data_root='frei', labels=False, masks=True,
        pipeline=load,
    ),
    views=dict(source=view, target_student=view),
))
val_dataloader = dict(dataset=dict(
    type='FreiHAND', split='evaluation', data_root='frei', require_3d=True,
    test_mode=True, pipeline=[*load, *view],
))
test_dataloader = val_dataloader
model = dict(type='Unbuilt')
custom_hooks = []
"""


@pytest.fixture(params=SOURCES)
def config(request, tmp_path, monkeypatch):
    """Path of a config of one source."""
    monkeypatch.chdir(tmp_path)
    write, arguments = SOURCES[request.param]
    (tmp_path / 'source').mkdir()
    write(tmp_path / 'source')
    write_freihand(tmp_path / 'frei')
    write_freihand_evaluation(tmp_path / 'frei')
    source = ', '.join(f'{k}={v!r}' for k, v in dict(arguments, type=request.param).items())
    (tmp_path / 'config.py').write_text(CONFIG.format(source=source))
    return 'config.py'


def test_nothing_is_wrong(config):
    report = check_data(config)
    assert not report.problems
    masks = {
        role: facts.get('masks missing or unfit') for role, facts in report.facts.items()
    }
    is_masked = Config.fromfile(config).train_dataloader.dataset.source.type in (
        'DexYCB',
        'HO3D',
    )
    assert (masks['source'] is not None) == is_masked
    assert masks['target'].startswith('0 of ')


def test_views_hold_what_the_data_hold(config):
    """A projected pose is at its keypoints, and a mask is warped with its image."""
    cfg = Config.fromfile(config)
    sample = DATASETS.build(cfg.train_dataloader.dataset)[0]['data_samples']['source']
    points, camera = sample.gt_instances.keypoints_3d[0], sample.camera
    projected = camera['focal'] * points[:, :2] / points[:, 2:] + camera['principal_point']
    size, center, scale = sample.input_size, sample.input_center, sample.input_scale
    image = sample.gt_instances.keypoints[0]  # mirrored, if it was
    crop = (image - center) / scale * size + np.array(size) / 2
    np.testing.assert_allclose(projected, crop, atol=0.5)
    sheet = browse_dataset(config, out='sheet.png', num=2)
    assert cv2.imread(str(sheet)) is not None


@pytest.mark.parametrize('config', ['HO3D'], indirect=True)
def test_a_mask_that_is_missing_is_told(config, tmp_path):
    segmentations = sorted((tmp_path / 'source').glob('train/ABF10/seg/*.png'))
    segmentations[0].unlink()
    cv2.imwrite(str(segmentations[-1]), np.zeros((50, 60), np.uint8))
    (problem,) = check_data(config).problems
    assert '2 of ' in problem and 'masks of the source data cannot be used' in problem
