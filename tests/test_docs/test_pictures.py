"""docs/draw_pictures.py: the pictures of docs/method.md come from a training's tensors."""

import re
import runpy

import cv2
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
