"""Pictures of the docs come from scripts: of a training's tensors, and of a report."""

import json
import re
import runpy

import cv2
import numpy as np
import pytest
import torch
from config_factory import redirect_data
from infer_factory import TrainedRun
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS
from test_tools.test_commands import ROOT

from mmpose_uda.apis import load_config
from mmpose_uda.synthetic.store import VERSIONS

PAGE = (ROOT / 'docs/method.md').read_text()
MADE_OF = json.loads((ROOT / 'docs/images/made_of.json').read_text())


def test_pictures_are_small():
    sizes = [path.stat().st_size for path in (ROOT / 'docs/images').iterdir()]
    assert sum(sizes) < 8e5


def test_every_picture_is_shown_and_every_one_noted():
    pages = [ROOT / 'README.md', *(ROOT / 'docs').glob('*.md')]
    shown = set(
        re.findall(
            r'\]\((?:docs/)?images/(\w+\.\w+)\)', ''.join(p.read_text() for p in pages)
        )
    )
    kept = {path.name for path in (ROOT / 'docs/images').iterdir()}
    assert kept - {'made_of.json'} == shown
    noted = {f'{name}.jpg' for name in MADE_OF if name != 'method'}
    assert {name for name in kept if name.startswith('builtin')} <= noted <= kept


@pytest.mark.parametrize('name', MADE_OF)
def test_pictures_are_of_todays_data_and_phases(name):
    """docs/draw_gallery.py draws those anew that are not."""
    noted = MADE_OF[name]
    if name.startswith('builtin_'):
        assert noted['generator_version'] == VERSIONS[name.removeprefix('builtin_')]
    if 'phases' in noted:
        config = 'hand_3d' if name == 'method' else name.removesuffix('_predictions')
        cfg = load_config(str(ROOT / f'configs/uda/{config}.py'))
        assert noted['generator_version'] == VERSIONS[cfg.builtin_data.name]
        phases = {phase.name: phase.iters for phase in cfg.train_cfg.phases}
        assert noted['phases'] == phases


def test_the_first_images_of_both_domains_are_drawn(tmp_path, monkeypatch):
    init_default_scope('mmpose')
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT / 'docs'))
    gallery = runpy.run_path(str(ROOT / 'docs/draw_gallery.py'))
    cfg = load_config(str(ROOT / 'configs/uda/hand_3d.py'))
    cfg.builtin_data.update(num_train=18, num_test=1)
    cfg.dump('tiny.py')
    gallery['draw_data']('tiny.py', tmp_path)
    drawn = cv2.imread('builtin_hand.jpg')
    side = gallery['TILE']
    assert drawn.shape == (4 * side, 9 * side, 3)
    for row, domain in ((0, 'source'), (2, 'target')):
        dataset = DATASETS.build(cfg.train_dataloader.dataset[domain])
        image = cv2.imread(dataset.get_data_info(1)['img_path'])
        tile = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA).astype(int)
        found = drawn[row * side : (row + 1) * side, side : 2 * side]
        assert abs(found - tile).mean() < 6


def test_a_strip_of_photographs_has_what_two_models_find(tmp_path):
    photos = tmp_path / 'photos'
    photos.mkdir()
    for name, level in (('a.jpg', 60), ('b.jpg', 160)):
        cv2.imwrite(str(photos / name), np.full((90, 60, 3), level, np.uint8))
    (photos / 'boxes.json').write_text('{"a.jpg": [5, 5, 40, 40], "b.jpg": [5, 5, 40, 40]}')
    export = str(TrainedRun(tmp_path, '2d').export)
    draw = runpy.run_path(str(ROOT / 'docs/draw_photos.py'))['draw']
    out = tmp_path / 'strip.png'
    draw(photos, out, [export, export], ['one', 'two'], ['b.jpg', 'a.jpg'])
    drawn = cv2.imread(str(out))
    upper, lower = np.split(drawn, 2)
    for row in (upper, lower):
        left, right = np.split(row[40:, : 2 * (row.shape[1] // 2)], 2, axis=1)
        assert [np.median(left), np.median(right)] == [160, 60]
    assert (upper[30:] == lower[30:]).all()  # one model, below its titles
    assert (np.ptp(drawn.astype(int), axis=2) > 60).sum() > 100  # colours: a skeleton


@pytest.mark.long
def test_pictures_are_drawn(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    init_default_scope('mmpose')
    cfg = Config.fromfile(ROOT / 'configs/uda/hand_3d.py')
    redirect_data(cfg, tmp_path / 'data')
    cfg.dump('tiny.py')
    model = MODELS.build(cfg.model)
    model.update_teacher()
    torch.save(dict(state_dict=model.state_dict()), 'tiny.pth')
    runpy.run_path(str(ROOT / 'docs/draw_pictures.py'))['draw']('tiny.py', 'tiny.pth', '.')
    drawn = {path.name for path in [*tmp_path.glob('*.jpg'), *tmp_path.glob('*.png')]}
    shown = set(re.findall(r'images/(\w+\.(?:jpg|png))', PAGE))
    assert len(drawn) == 4
    assert {name for name in shown if not name.startswith('builtin')} == drawn
    for name in drawn:
        assert cv2.imread(name).std() > 10
