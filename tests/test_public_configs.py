"""The 2D configs of published benchmarks on drawn data of the same form."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from config_factory import (
    CONFIG_DIR,
    WHOLE_RUNS,
    public_2d_configs,
    public_configs,
    read_summary,
    reads_public,
    redirect_data,
    run,
    runnable_configs,
    tiny_config,
)
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import DATASETS, METRICS, MODELS
from style_factory import write_style_files

from mmpose_uda import UserError
from mmpose_uda.apis.command_line import parse_options

BENCHMARKS = {
    'rhd2freihand': ('RenderedHandPose', 'FreiHAND', 'hand21'),
    'rhd2h3d': ('RenderedHandPose', 'Hand3DStudio', 'hand21'),
    'surreal2h36m': ('SURREAL', 'Human36MRGB', 'body16'),
    'surreal2lsp': ('SURREAL', 'LSP', 'body16'),
    'synanimal2animalpose_dog': ('SyntheticAnimal', 'AnimalPose14', 'animal14'),
    'synanimal2animalpose_sheep': ('SyntheticAnimal', 'AnimalPose14', 'animal14'),
    'synanimal2tigdog': ('SyntheticAnimal', 'TigDog', 'animal18'),
}
COMMENTED = r'^# style = dict\(.*?\n# \]$'


@pytest.fixture(autouse=True)
def mmpose_scope():
    init_default_scope('mmpose')


def config(name: str) -> Path:
    return CONFIG_DIR / f'{name}.py'


def test_all_are_found():
    names = {path.stem for path in public_2d_configs()}
    assert names == {*BENCHMARKS, 'surreal2lsp_weak_strong'}
    public = [p for p in runnable_configs() if reads_public(Config.fromfile(p))]
    assert public == public_configs()


@pytest.mark.parametrize('name', BENCHMARKS)
def test_full_size(name, tmp_path):
    cfg = Config.fromfile(config(name))
    assert cfg.builtin_data is None
    source_type, target_type, groups = BENCHMARKS[name]
    data = cfg.train_dataloader.dataset
    assert (data.source.type, data.target.type) == (source_type, target_type)
    assert cfg.test_dataloader.dataset.type == target_type
    redirect_data(cfg, tmp_path)
    pair = DATASETS.build(cfg.train_dataloader.dataset)[0]
    count = DATASETS.build(cfg.val_dataloader.dataset).metainfo['num_keypoints']
    assert {tuple(view.shape) for view in pair['inputs'].values()} == {(3, 256, 256)}
    heatmaps = pair['data_samples']['source'].gt_fields.heatmaps
    assert heatmaps.shape == (count, 64, 64)
    for view in ('target_teacher', 'target_student'):
        assert 'keypoints' not in pair['data_samples'][view].gt_instances
    tested = DATASETS.build(cfg.test_dataloader.dataset)[0]
    assert tested['inputs'].shape == (3, 256, 256)
    assert cfg.model.estimator.backbone.depth == 101
    assert cfg.model.estimator.head.out_channels == count
    own, published = cfg.test_evaluator
    assert own.get('protocol', 'subpixel') == 'subpixel'
    is_animal = groups.startswith('animal')
    assert published.protocol == ('uniframe_animal' if is_animal else 'regda')
    assert published.batch_size == (1 if is_animal else 32)
    for metric in cfg.test_evaluator:
        assert metric.groups == groups
        METRICS.build(metric)


def test_the_network():
    model = MODELS.build(Config.fromfile(config('surreal2lsp')).model)
    assert len(model.student.backbone.layer3) == 23
    assert model.student.head.final_layer.out_channels == 16


@pytest.mark.parametrize('name', ['surreal2lsp', 'surreal2h36m', 'rhd2h3d', 'rhd2freihand'])
def test_crops_are_those_of_the_published_code(name, tmp_path):
    """Nothing is added around the box, and hands are seen from all sides."""
    cfg = Config.fromfile(config(name))
    redirect_data(cfg, tmp_path)
    # as it is read, before it is cropped
    plain = dict(cfg.test_dataloader.dataset, pipeline=cfg.load)
    read = DATASETS.build(plain)[0]
    sample = DATASETS.build(cfg.test_dataloader.dataset)[0]['data_samples']
    left, upper, right, lower = read['bbox'][0]
    side = max(right - left, lower - upper)
    np.testing.assert_allclose(sample.input_scale, [side, side])
    np.testing.assert_allclose(
        sample.input_center, [(left + right) / 2, (upper + lower) / 2]
    )
    angles = {
        transform.rotation
        for view in cfg.train_dataloader.dataset.views.values()
        for transform in view
        if transform.type == 'RandomAffineBox'
    }
    assert angles == {180 if 'rhd' in name else 60}


def test_hands_are_left_ones(tmp_path):
    cfg = Config.fromfile(config('rhd2freihand'))
    redirect_data(cfg, tmp_path)
    test = DATASETS.build(cfg.test_dataloader.dataset)
    plain = [t for t in cfg.test_dataloader.dataset.pipeline if 'Mirror' not in t.type]
    unmirrored = DATASETS.build(dict(cfg.test_dataloader.dataset, pipeline=plain))
    mirrored, right = (d[0]['data_samples'].gt_instances for d in (test, unmirrored))
    np.testing.assert_allclose(
        mirrored.keypoints[..., 0], 223 - right.keypoints[..., 0], atol=1e-3
    )


@pytest.mark.parametrize(
    'path',
    [path for path in public_2d_configs() if path.name not in WHOLE_RUNS],
    ids=lambda path: path.stem,
)
def test_trains(path, tmp_path):
    cfg = tiny_config(path, tmp_path / 'data', tmp_path / 'run')
    (*_, adaptation) = cfg.train_cfg.phases
    cfg.train_cfg.phases = [adaptation]
    run(cfg)
    figures = read_summary(tmp_path / 'run')['target']
    assert sum(key.endswith('PCK') for key in figures) == 2, figures
    assert np.isfinite(list(figures.values())).all()
    rows = json.loads((tmp_path / 'run/record.json').read_text())
    assert len(rows) == 2 and all(row['losses']['loss'] > 0 for row in rows)


def test_dogs_and_sheep_are_tested_after_one_training():
    dog, sheep = (
        Config.fromfile(CONFIG_DIR / f'synanimal2animalpose_{animal}.py')
        for animal in ('dog', 'sheep')
    )
    for key in ('train_dataloader', 'model', 'train_cfg', 'optim_wrapper'):
        assert dog[key] == sheep[key]
    for cfg, animal in ((dog, 'dog'), (sheep, 'sheep')):
        for loader in (cfg.val_dataloader, cfg.test_dataloader):
            assert loader.dataset.animals == [animal]


@pytest.mark.parametrize(
    'name, unseen', [('surreal2lsp', 'Human36MRGB'), ('rhd2h3d', 'FreiHAND')]
)
def test_an_unseen_domain(name, unseen, tmp_path):
    """The options of the docstring, on the config and in a test."""
    options = parse_options(
        re.findall(r'test_dataloader\.\S+=\S+', config(name).read_text().split('"""')[1])
    )
    assert len(options) == 2
    cfg = tiny_config(config(name), tmp_path, tmp_path / 'run')
    cfg.merge_from_dict(options)
    assert cfg.val_dataloader.dataset.type == BENCHMARKS[name][1]
    loader = cfg.test_dataloader
    assert loader.dataset.type == unseen
    redirected = Config(dict(train_dataloader=loader, val_dataloader=loader))
    redirect_data(redirected, tmp_path)
    cfg.test_dataloader = redirected.test_dataloader
    cfg.model.test_network = 'student'  # there is no teacher before a training
    figures = Runner.from_cfg(cfg).test()
    assert {'target/PCK', 'target/regda/PCK'} <= figures.keys()


def test_a_weak_view_for_the_teacher():
    plain, figure = (
        Config.fromfile(config(name)) for name in ('surreal2lsp', 'surreal2lsp_weak_strong')
    )
    views = figure.train_dataloader.dataset.views
    types = {view: [t.type for t in views[view]] for view in views}
    assert types['target_teacher'] == [
        'FastRandomBBoxTransform',
        'TopdownAffine3D',
        'PackPoseView',
    ]
    assert 'SeededAlbumentation' in types['target_student']
    teacher = views.pop('target_teacher')
    assert teacher != plain.train_dataloader.dataset.views.pop('target_teacher')
    for key in ('train_dataloader', 'val_dataloader', 'model', 'train_cfg', 'custom_hooks'):
        assert figure[key] == plain[key]


def with_weights(name: str, folder: Path, encoder: str, decoder: str) -> Path:
    """A copy of a config whose commented lines of a style network are none."""
    text = config(name).read_text()
    (block,) = re.findall(COMMENTED, text, re.M | re.S)
    switched_on = re.sub('^# ', '', block, flags=re.M)
    switched_on = re.sub(r"'vgg_normalised.pth'", repr(encoder), switched_on)
    switched_on = re.sub(r"'work_dirs/\S+/decoder.pth'", repr(decoder), switched_on)
    text = text.replace(block, switched_on)
    text = re.sub(r"_base_ = \['", f"_base_ = ['{CONFIG_DIR.as_posix()}/", text)
    (folder / f'{name}.py').write_text(text)
    return folder / f'{name}.py'


@pytest.mark.parametrize('name', [n for n in BENCHMARKS if not n.endswith('_sheep')])
def test_the_lines_for_the_published_style_network(name, tmp_path):
    path = with_weights(name, tmp_path, 'encoder.pth', 'decoder.pth')
    plain, styled = Config.fromfile(config(name)), Config.fromfile(path)
    style = dict(type='VGG19Style', encoder='encoder.pth', decoder='decoder.pth')
    for before, after in zip(plain.custom_hooks, styled.custom_hooks, strict=True):
        if before.type == 'AdaINStyleHook':
            before.style = style
        assert after == before


def test_a_training_with_the_style_network(tmp_path):
    files = write_style_files(tmp_path)
    path = with_weights('surreal2lsp', tmp_path, files['public'], files['decoder'])
    cfg = tiny_config(path, tmp_path / 'data', tmp_path / 'run')
    cfg.custom_hooks[1].source_to_target.prob = 1.0
    runner = run(cfg)
    (hook,) = (h for h in runner.hooks if type(h).__name__ == 'AdaINStyleHook')
    assert type(hook.network).__name__ == 'VGG19Style'
    rows = json.loads((tmp_path / 'run/record.json').read_text())
    assert all(np.isfinite(row['losses']['loss']) for row in rows)


def test_missing_weights_of_the_style_network_are_told_in_a_sentence(tmp_path):
    path = with_weights('surreal2lsp', tmp_path, 'gone.pth', 'decoder.pth')
    cfg = tiny_config(path, tmp_path / 'data', tmp_path / 'run')
    with pytest.raises(UserError, match='no file gone.pth .*trains without weights.$'):
        run(cfg)


@pytest.mark.parametrize('name', ['surreal2lsp', 'rhd2h3d', 'synanimal2tigdog'])
def test_the_lines_for_weights_of_imagenet(name, tmp_path):
    text = config(name).read_text()
    (lines,) = re.findall(r'^# init = .*\n# model = .*$', text, re.M)
    text = text.replace(lines, re.sub('^# ', '', lines, flags=re.M))
    text = text.replace("_base_ = ['", f"_base_ = ['{CONFIG_DIR.as_posix()}/")
    (tmp_path / 'config.py').write_text(text)
    backbone = Config.fromfile(tmp_path / 'config.py').model.estimator.backbone
    assert backbone.depth == 101
    assert backbone.init_cfg.checkpoint == 'torchvision://resnet101'
