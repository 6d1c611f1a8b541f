"""Every config trains, validates, exports and resumes."""

import json
from pathlib import Path

import pytest
import torch
from config_factory import (
    CONFIG_DIR,
    PHASE_ITERS,
    WHOLE_RUNS,
    public_2d_configs,
    read_summary,
    run,
    run_killed_and_resumed,
    runnable_configs,
    tiny_config,
)
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.apis import inference_topdown, init_model
from mmpose.registry import MODELS

CONFIGS = {str(path.relative_to(CONFIG_DIR)): path for path in runnable_configs()}
PRETRAINING = {name: path for name, path in CONFIGS.items() if 'pretrain/' in name}
# Most 2D configs of public data have their tests in test_public_configs.py.
LIKE_OTHERS = {path.name for path in public_2d_configs()} - set(WHOLE_RUNS)
LONG = {name for name in CONFIGS if name.endswith('_long.py')}
LIKE_OTHERS |= LONG - {'hand_3d_long.py'}
ADAPTATION = {
    name: path
    for name, path in CONFIGS.items()
    if name not in PRETRAINING and name not in LIKE_OTHERS
}
# Networks and parts of another, on other data or for longer.
SIBLINGS = {
    'animal_2d_r101.py',
    'freihand2dexycb_3d.py',
    'h36m2threedpw_3d.py',
    'hand_2d_r101.py',
    'hand_3d_long.py',
    'hand_3d_tuning.py',
    'rhd2freihand_3d.py',
    'rhd2stb_3d.py',
    'surreal2h36m_3d.py',
}


@pytest.fixture(autouse=True)
def mmpose_scope():
    init_default_scope('mmpose')


def test_the_configs_are_found():
    assert 'hand_3d.py' in ADAPTATION and PRETRAINING
    assert SIBLINGS < ADAPTATION.keys()


@pytest.mark.parametrize(
    'path',
    [
        pytest.param(path, id=name, marks=[pytest.mark.long] if name in SIBLINGS else [])
        for name, path in ADAPTATION.items()
    ],
)
def test_trains_validates_exports_and_resumes(path, tmp_path):
    assert_trains_validates_exports_and_resumes(path, tmp_path)


@pytest.mark.long
def test_the_resnet_101_of_people_trains_as_it_is(tmp_path):
    path = CONFIGS['human_2d_r101.py']
    run(tiny_config(path, tmp_path / 'data', tmp_path / 'run', small=False))
    figures = read_summary(tmp_path / 'run')['target']
    assert figures and all(value == value for value in figures.values())


REGRESSION = """
_base_ = {base!r}
model = dict(
    estimator=dict(
        head=dict(
            _delete_=True,
            type='RegressionPose3DHead',
            in_channels=_base_.channels,
            out_channels=_base_.head.out_channels,
            decoder=_base_.codec,
        ),
        test_cfg=dict(flip_test={flip_test}),
    )
)
"""


@pytest.mark.parametrize('name, flip_test', [('hand_3d.py', False), ('human_3d.py', True)])
def test_the_3d_configs_take_the_head_that_regresses(name, flip_test, tmp_path):
    path = tmp_path / 'config.py'
    path.write_text(REGRESSION.format(base=str(CONFIGS[name]), flip_test=flip_test))
    assert_trains_validates_exports_and_resumes(path, tmp_path)
    exported = Config.fromfile(tmp_path / 'run' / 'export' / 'config.py')
    assert exported.custom_imports.imports == ['mmpose_uda']
    assert exported.model.head.type == 'RegressionPose3DHead'
    assert exported.model.test_cfg.flip_test == flip_test


def assert_trains_validates_exports_and_resumes(path, tmp_path):
    work_dir = tmp_path / 'run'
    kill = PHASE_ITERS - 1  # in the first phase
    runner = run_killed_and_resumed(path, tmp_path / 'data', work_dir, kill)
    summary = read_summary(work_dir)
    names = [phase['name'] for phase in Config.fromfile(path).train_cfg.phases]
    assert [phase['name'] for phase in summary['phases']] == names
    for figures in (summary['target'], *(p['target'] for p in summary['phases'])):
        assert figures and all(value == value for value in figures.values())
    exported = Path(summary['export'])
    model = init_model(
        str(exported / 'config.py'), str(exported / 'model.pth'), device='cpu'
    )
    sample = runner.val_dataloader.dataset[0]['data_samples']
    (result,) = inference_topdown(model, sample.img_path)
    count = runner.val_dataloader.dataset.metainfo['num_keypoints']
    assert result.pred_instances.keypoints.shape == (1, count, 2)


@pytest.mark.parametrize('name', sorted(LONG))
def test_long_forms_are_the_benchmarks_with_more_steps(name):
    short = Config.fromfile(CONFIG_DIR / name.replace('_long', '')).to_dict()
    long = Config.fromfile(CONFIGS[name]).to_dict()
    times = long.pop('times')
    for key in ('model', 'train_cfg'):
        assert long.pop(key) != short[key]
    teacher = long.pop('long_teacher')
    hooks, added = short.pop('custom_hooks'), long.pop('custom_hooks')
    at_end = dict(type='TargetStatisticsHook', at='end')
    assert added == hooks + [at_end] * (name == 'human_2d_long.py')
    assert long.items() <= short.items() and short.keys() - long.keys() == {
        'model', 'train_cfg'
    }  # fmt: skip
    cfg = Config.fromfile(CONFIGS[name])
    assert cfg.model.teacher == dict(short['model']['teacher'], **teacher)
    for phase, before in zip(cfg.train_cfg.phases, short['train_cfg']['phases']):
        assert phase == dict(before, iters=times * before['iters'])
    # schedules that end somewhere end before a short run does
    steps = sum(phase['iters'] for phase in short['train_cfg']['phases'])
    assert all(one.get('end', 0) < steps for one in cfg.param_scheduler)


def test_long_forms_are_found():
    assert len(LONG) == 5


@pytest.mark.parametrize('path', ADAPTATION.values(), ids=ADAPTATION)
def test_published_figures_have_the_batches_of_their_kind(path):
    for metric in Config.fromfile(path).test_evaluator:
        if metric.get('protocol', 'subpixel') != 'subpixel':
            of_animals = metric.groups.startswith('animal')
            assert metric.get('batch_size', 32) == (1 if of_animals else 32)


@pytest.mark.parametrize('path', PRETRAINING.values(), ids=PRETRAINING)
def test_pretrains_resumes_and_hands_on_a_backbone(path, tmp_path):
    work_dir = tmp_path / 'run'
    runner = run_killed_and_resumed(path, tmp_path / 'data', work_dir, PHASE_ITERS - 1)
    assert list((work_dir / 'pictures').glob('masked_modelling_*.jpg'))
    trained = runner.model.student.backbone.state_dict()
    stock = dict(runner.cfg.model.estimator.backbone, type='mmpretrain.VisionTransformer')
    stem = stock.pop('stem')
    assert stem == 'patch' and not stock.pop('finer_maps')
    stock['init_cfg'] = dict(type='Pretrained', checkpoint=str(work_dir / 'backbone.pth'))
    backbone = MODELS.build(stock)
    backbone.init_weights()
    found = backbone.state_dict()
    assert found.keys() == trained.keys()
    assert all(torch.equal(found[key], trained[key]) for key in found)


@pytest.mark.parametrize('name', ['hand_2d.py', 'human_2d_rtmcc.py'])
def test_masks_go_with_every_head(name, tmp_path):
    """Foreground and backgrounds beside heatmaps, which have another size, or vectors."""
    cfg = tiny_config(CONFIGS[name], tmp_path / 'data', tmp_path / 'run')
    data = cfg.train_dataloader.dataset
    if 'mask' not in data.source.data_prefix:
        data.source.data_prefix = dict(img='images/', mask='masks/')
        data.source.pipeline.insert(1, dict(type='LoadPoseMask'))
        data.views.source.insert(0, dict(type='ReplaceBackground', prob=0.5))
    channels = cfg.model.estimator.head.in_channels
    cfg.model.foreground_head = dict(type='ForegroundHead', in_channels=channels)
    cfg.model.alignments.foreground = dict(type='ForegroundSegmentation')
    for phase in cfg.train_cfg.phases:
        phase.parts.append('foreground')
    run(cfg)
    rows = json.loads((tmp_path / 'run/record.json').read_text())
    assert all(row['losses']['foreground/loss_bce'] > 0 for row in rows)
