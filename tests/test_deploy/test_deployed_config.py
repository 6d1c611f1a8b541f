from copy import deepcopy

import pytest
from config_factory import CONFIG_DIR
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS
from model_factory import resnet_estimator, vit_config, vit_estimator

from mmpose_uda.datasets.published import PublishedDataset
from mmpose_uda.deploy.deployed_config import (
    deployed_config,
    keypoint_definition,
    write_metainfo,
)
from mmpose_uda.metainfo import ANIMAL14, ANIMAL18, HAND21, HUMAN16

PRETRAINED = dict(type='Pretrained', checkpoint='https://nowhere/weights.pth')


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('mmpose')


def training(estimator, dataset=None, **kwargs):
    """What a training's config has beside its estimator, and more by ``kwargs``."""
    config = dict(
        default_scope='mmpose',
        model=dict(type='DomainAdaptivePoseEstimator', estimator=estimator),
        train_dataloader=dict(batch_size=2),
        **kwargs,
    )
    if dataset is not None:
        config['test_dataloader'] = dict(batch_size=2, dataset=dataset)
    return Config(config)


def reread(cfg, tmp_path):
    deployed_config(cfg).dump(tmp_path / 'config.py')
    definition = keypoint_definition(cfg)
    if definition is not None:
        write_metainfo(definition, tmp_path / 'metainfo.py')
    return Config.fromfile(tmp_path / 'config.py')


# ---- imports -------------------------------------------------------------------------


def test_a_stock_estimator_imports_nothing():
    cfg = training(resnet_estimator(), custom_imports=dict(imports=['mmpose_uda']))
    assert 'custom_imports' not in deployed_config(cfg)


@pytest.mark.parametrize('imports', ['json', ['mmpose_uda', 'json']])
def test_imports_of_the_users_own_stay(imports):
    cfg = training(resnet_estimator(), custom_imports=dict(imports=imports))
    assert deployed_config(cfg).custom_imports.imports == ['json']


def test_parts_of_this_package_import_it_first():
    imports = dict(imports=['json', 'mmpose_uda.models'])
    cfg = training(vit_estimator(), custom_imports=imports)
    assert deployed_config(cfg).custom_imports.imports == ['mmpose_uda', 'json']


def test_a_training_without_test_data_has_a_config_too():
    nothing = dict.fromkeys(('test_dataloader', 'test_evaluator'))
    cfg = training(resnet_estimator(), **nothing)
    assert keypoint_definition(cfg) is None
    assert not nothing.keys() & deployed_config(cfg).keys()


def test_the_3d_model_holds_nothing_of_the_training():
    cfg = Config.fromfile(CONFIG_DIR / 'hand_3d.py')
    deployed = deployed_config(cfg)
    model = MODELS.build(deployed.model)
    kinds = {type(module).__module__ for module in model.modules()}
    own = {kind for kind in kinds if kind.startswith('mmpose_uda.')}
    assert own == {
        'mmpose_uda.models.backbones.efficientnet_lite',
        'mmpose_uda.models.backbones.fixed_norms',
        'mmpose_uda.models.backbones.masked_vit',
        'mmpose_uda.models.backbones.stems',
        'mmpose_uda.models.heads.volumetric_pose3d_head',
        'mmpose_uda.models.losses.keypoint_distribution_loss',
        'mmpose_uda.models.heads.bone_shrinkage',  # gives poses their scale
    }
    text = deployed.pretty_text
    for name in ('alignments', 'teacher', 'Reconstruction', 'Hook(', 'train_dataloader'):
        assert name not in text.replace('PoseVisualizationHook', '')


# ---- the model -----------------------------------------------------------------------


def test_the_masked_transformer_becomes_that_of_mmpretrain():
    estimator = vit_estimator(
        backbone=vit_config(stem='patch'), head=resnet_estimator()['head']
    )
    deployed = deployed_config(training(estimator))
    assert deployed.model.backbone.type == 'mmpretrain.VisionTransformer'
    assert 'custom_imports' not in deployed
    ours = MODELS.build(deepcopy(estimator)).state_dict()
    theirs = MODELS.build(deployed.model).state_dict()
    assert {k: v.shape for k, v in ours.items()} == {k: v.shape for k, v in theirs.items()}


def test_a_convolutional_stem_has_no_counterpart():
    estimator = vit_estimator(backbone=vit_config(stem='conv'))
    deployed = deployed_config(training(estimator))
    assert deployed.model.backbone.type == 'MaskedVisionTransformer'
    assert deployed.model.backbone.stem == 'conv'


def test_no_weights_but_the_checkpoints_are_loaded():
    estimator = resnet_estimator()
    estimator['backbone']['init_cfg'] = PRETRAINED
    estimator['head']['init_cfg'] = [dict(type='Normal', layer='Conv2d'), PRETRAINED]
    model = deployed_config(training(estimator)).model
    assert 'init_cfg' not in model.backbone and 'init_cfg' not in model.head
    estimator['backbone']['init_cfg'] = dict(type='Kaiming', layer='Conv2d')
    assert 'init_cfg' in deployed_config(training(estimator)).model.backbone


# ---- the data ------------------------------------------------------------------------


def test_a_stock_data_set_stays_as_it_is(tmp_path):
    dataset = dict(type='AP10KDataset', data_root='data/ap10k', ann_file='test.json')
    cfg = reread(training(resnet_estimator(), dataset), tmp_path)
    assert cfg.test_dataloader.dataset == dataset
    assert cfg.dataset_type == 'AP10KDataset' and cfg.data_mode == 'topdown'
    assert not (tmp_path / 'metainfo.py').exists()


@pytest.mark.parametrize('kind', ['CocoDataset', 'PoseDataset'])
@pytest.mark.parametrize('build', [resnet_estimator, vit_estimator])
def test_keypoints_defined_in_place_keep_their_order(tmp_path, kind, build):
    # more than ten: as text, 10 comes before 2
    dataset = dict(type=kind, data_root='data', metainfo=deepcopy(HUMAN16))
    cfg = reread(training(build(), dataset), tmp_path)
    info = Config.fromfile(cfg.test_dataloader.dataset.metainfo.from_file).dataset_info
    assert list(info.keypoint_info) == list(range(16))


def test_keypoints_in_a_file_of_the_user_go_with_the_export(tmp_path):
    mine = tmp_path / 'mine.py'
    write_metainfo(HUMAN16, mine)
    metainfo = dict(from_file=str(mine))
    dataset = dict(type='PoseDataset', data_root='data', metainfo=metainfo)
    cfg = reread(training(resnet_estimator(), dataset), tmp_path)
    found = cfg.test_dataloader.dataset.metainfo.from_file
    assert found == str(tmp_path / 'metainfo.py')
    assert Config.fromfile(found).dataset_info == Config.fromfile(mine).dataset_info


def test_keypoints_in_a_file_of_mmpose_stay_there(tmp_path):
    metainfo = dict(from_file='configs/_base_/datasets/coco.py')
    dataset = dict(type='PoseDataset', data_root='data', metainfo=metainfo)
    cfg = reread(training(resnet_estimator(), dataset), tmp_path)
    assert cfg.test_dataloader.dataset.metainfo == metainfo
    assert cfg.test_dataloader.dataset.data_prefix == dict(img='images/')
    assert not (tmp_path / 'metainfo.py').exists()


@pytest.mark.parametrize(
    'metainfo, expected',
    [
        (None, 'FreiHandDataset'),
        (deepcopy(HAND21), 'FreiHandDataset'),
        ('human17', 'CocoDataset'),
        ('animal18', 'AnimalPoseDataset'),
    ],
)
def test_the_inferencer_is_told_what_to_detect(metainfo, expected):
    dataset = dict(type='PoseDataset', data_root='data', metainfo=metainfo)
    cfg = deployed_config(training(resnet_estimator(), dataset))
    assert cfg.dataset_type == expected


PUBLISHED = [
    name
    for name, kind in DATASETS.module_dict.items()
    if isinstance(kind, type) and issubclass(kind, PublishedDataset)
]


@pytest.mark.parametrize('kind', PUBLISHED)
def test_public_data_become_those_of_a_stock_class(kind, tmp_path):
    own_class = DATASETS.get(kind)
    dataset = dict(type=kind, data_root='data/x', split='train', clean=True, labels=True)
    pipeline = [dict(type=t) for t in ('LoadPoseImage', 'LoadPoseMask', 'MirrorRightHand')]
    imports = dict(imports=['mmpose_uda'])
    training_cfg = training(
        resnet_estimator(),
        dict(dataset, pipeline=pipeline, test_mode=True),
        custom_imports=imports,
        dataset_type=kind,
    )
    cfg = reread(training_cfg, tmp_path)
    assert cfg.test_dataloader.dataset == dict(
        type='CocoDataset',
        data_root='data/x',
        ann_file='annotations/test.json',
        data_prefix=dict(img=''),
        pipeline=[dict(type='LoadImage')],
        test_mode=True,
        metainfo=dict(from_file=str(tmp_path / 'metainfo.py')),
    )
    assert 'custom_imports' not in cfg
    assert Config.fromfile(tmp_path / 'metainfo.py').dataset_info == own_class.METAINFO
    detected = dict(
        hand21='FreiHandDataset',
        human16='CocoDataset',
        human17='CocoDataset',
        animal14='AnimalPoseDataset',
        animal18='AnimalPoseDataset',
    )
    assert cfg.dataset_type == detected[own_class.METAINFO['dataset_name']]


@pytest.mark.parametrize('name', ['synanimal2tigdog.py', 'synanimal2animalpose_dog.py'])
def test_benchmarks_on_public_data_need_nothing_of_this_package(name):
    deployed = deployed_config(Config.fromfile(CONFIG_DIR / name))
    assert 'mmpose_uda' not in deployed.pretty_text
    assert deployed.test_evaluator == [dict(type='PCKAccuracy', thr=0.05, norm_item='bbox')]


@pytest.mark.parametrize(
    'animals, expected', [(['hound'], ANIMAL14), (None, ANIMAL18), (['tiger'], ANIMAL18)]
)
def test_keypoints_are_those_of_the_animals(animals, expected):
    dataset = dict(type='SyntheticAnimal', data_root='data/x', split='valid')
    cfg = training(resnet_estimator(), dict(dataset, animals=animals))
    assert keypoint_definition(cfg) is expected


def test_the_stock_config_that_was_adapted_says_what_to_detect():
    dataset = dict(type='PoseDataset', data_root='data', metainfo='human16')
    cfg = training(resnet_estimator(), dataset, dataset_type='Rhd2DDataset')
    assert deployed_config(cfg).dataset_type == 'Rhd2DDataset'
