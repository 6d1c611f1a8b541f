"""Pictures of the docs come from scripts: of a training's tensors, and of a report."""

import base64
import re
import runpy

import cv2
import numpy as np
import pytest
import torch
from config_factory import redirect_data
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from test_tools.test_commands import ROOT

PAGE = (ROOT / 'docs/method.md').read_text()


def test_pictures_are_small():
    sizes = [path.stat().st_size for path in (ROOT / 'docs/images').iterdir()]
    assert sum(sizes) < 1e6


def test_a_strip_of_photographs_shows_pairs_of_a_report(tmp_path):
    grey = [20, 60, 100, 140, 180, 220]  # before and after of three photographs
    shown = ''
    for number, level in enumerate(grey):
        tile = np.full((90, 60 + 20 * (number // 2), 3), level, np.uint8)
        encoded = base64.b64encode(cv2.imencode('.jpg', tile)[1]).decode()
        shown += f'<img src="data:image/jpeg;base64,{encoded}">'
    (tmp_path / 'report.html').write_text(shown)
    draw = runpy.run_path(str(ROOT / 'docs/draw_photos.py'))['draw']
    strip = cv2.imread(str(draw(tmp_path / 'report.html', tmp_path / 'a.png', [2, 0])))
    for row, levels in enumerate(([180, 20], [220, 60])):
        line = strip[(2 * row + 1) * len(strip) // 4 + 20, :, 0]
        quarters = len(line) // 4, 3 * len(line) // 4
        assert [int(line[x]) for x in quarters] == pytest.approx(levels, abs=3)


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
