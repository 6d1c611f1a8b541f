"""Tiny data sets and configs that the data tests share."""

import pytest
from data_factory import write_pose_dataset
from mmengine.registry import init_default_scope

import mmpose_uda.datasets  # noqa: F401

LOAD = [dict(type='LoadPoseImage'), dict(type='LoadPoseMask')]


@pytest.fixture(autouse=True)
def mmpose_scope():
    """Let configs find mmpose's parts by name, as a Runner does."""
    init_default_scope('mmpose')


@pytest.fixture
def make_config(tmp_path):
    """Write a data set of so many images and return the config of its dataset."""

    def make(name='data', num_images=6, **kwargs):
        options = {k: kwargs.pop(k) for k in ('labels', 'require_3d') if k in kwargs}
        ann_file = write_pose_dataset(tmp_path / name, num_images, **kwargs)
        return dict(
            type='PoseDataset',
            data_root=str(tmp_path / name),
            ann_file=f'annotations/{ann_file.name}',
            pipeline=LOAD,
            **options,
        )

    return make
