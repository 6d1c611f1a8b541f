"""Heads and data that do not go together."""

import pytest
from config_factory import CONFIG_DIR
from mmengine.config import Config

from mmpose_uda.config import check_fit
from mmpose_uda.errors import UserError


def _config(head=None, size=(48, 64), **dataset):
    pipeline = [dict(type='LoadImage'), dict(type='TopdownAffine', input_size=size)]
    data = dict(type='CocoDataset', pipeline=pipeline, **dataset)
    codec = dict(type='MSRAHeatmap', input_size=(48, 64))
    head = head or dict(type='HeatmapHead', out_channels=17, decoder=codec)
    model = dict(type='TopdownPoseEstimator', head=head)
    return Config(
        dict(model=model, train_dataloader=dict(dataset=data)),
        cfg_text='as read',
        filename='own.py',
    )


def test_what_fits():
    check_fit(_config())
    udp = dict(type='UDPHeatmap', heatmap_type='combined')
    check_fit(_config(dict(type='HeatmapHead', out_channels=51, decoder=udp)))
    converter = dict(type='KeypointConverter', num_keypoints=19, mapping=[])
    check_fit(Config(dict(model=dict(type='A'))))
    cfg = _config(dict(type='RTMCCHead', out_channels=19))
    cfg.train_dataloader.dataset.pipeline.append(converter)
    check_fit(cfg)


def test_what_is_chosen_in_tests():
    cfg = _config(dict(type='HeatmapHead', out_channels=19))
    cfg.val_dataloader = cfg.pop('train_dataloader')
    with pytest.raises(UserError, match='head gives 19 keypoints and the val data.*17'):
        check_fit(cfg)
    cfg.model.test_cfg = dict(output_keypoint_indices=list(range(17)))
    check_fit(cfg)


@pytest.mark.parametrize(
    'head',
    [
        dict(type='HeatmapHead', out_channels=5),
        dict(type='mmpose.SimCCHead', out_channels=5),
        dict(type='RegressionHead', num_joints=5),
    ],
)
def test_another_number_of_keypoints(head):
    with pytest.raises(UserError, match='gives 5 keypoints and the train data of own.py'):
        check_fit(_config(head))


def test_keypoints_of_ones_own():
    names = ('head', 'tail')
    metainfo = dict(
        dataset_name='bird',
        keypoint_info={
            i: dict(name=name, id=i, color=[0, 0, 0], type='', swap='')
            for i, name in enumerate(names)
        },
        skeleton_info={},
        joint_weights=[1.0] * 2,
        sigmas=[0.05] * 2,
    )
    with pytest.raises(UserError, match='The head gives 17 keypoints and .* have 2'):
        check_fit(_config(metainfo=metainfo))


def test_other_crops():
    with pytest.raises(UserError, match='crops of 48 x 64 px and .* are cut to 64 x 64'):
        check_fit(_config(size=(64, 64)))


@pytest.mark.parametrize('name', ['hand_3d.py', 'animal_2d.py'])
def test_a_config_of_this_package(name, monkeypatch):
    cfg = Config.fromfile(CONFIG_DIR / name)
    check_fit(cfg)
    cfg.merge_from_dict({'model.estimator.head.decoder.input_size': (32, 32)})
    with pytest.raises(UserError, match='takes crops of 32 x 32'):
        check_fit(cfg)
