"""Configs as checkpoints have them."""

import pytest
from config_factory import CONFIG_DIR
from mmengine.config import Config

from mmpose_uda.config.kept_text import differences, read_text


@pytest.mark.parametrize('name', ['hand_3d.py', 'human_2d.py'])
def test_reads_what_mmengine_writes(name):
    cfg = Config.fromfile(CONFIG_DIR / name)
    written = Config.fromstring(cfg.pretty_text, '.py')
    assert not differences(read_text(cfg.pretty_text), written.to_dict())


@pytest.mark.parametrize(
    'text',
    ['a = open("x")', 'import os', 'a = dict(b=os.remove("x"))', 'a =', 'a = b', 'a.b = 1']
    + ['a = [x for x in (1,)]', 'a = "x" + 1', '0', 'a = f"{1}"'],
)
def test_runs_nothing(text):
    assert read_text(text) is None


def test_differences():
    old = dict(a=1, b=[dict(c=1), 2], d=dict(e=1, f=2), g=[1])
    new = dict(a=1, b=[dict(c=2), 2], d=dict(e=1, h=3), g=[1, 2])
    assert differences(old, new) == {
        'b.0.c': (1, 2),
        'd.f': (2, None),
        'd.h': (None, 3),
        'g': ([1], [1, 2]),
    }
    assert not differences(dict(a=(1, 2)), dict(a=[1, 2]))
