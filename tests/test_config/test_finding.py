"""Configs by path and by name."""

from pathlib import Path

import pytest

from mmpose_uda.config import load_config
from mmpose_uda.config.finding import find_config
from mmpose_uda.errors import UserError

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'


@pytest.mark.parametrize('start', ['mmpose_uda::', 'configs/'])
def test_own_configs_are_found_from_anywhere(tmp_path, monkeypatch, start):
    monkeypatch.chdir(tmp_path)
    found = find_config(f'{start}uda/hand_3d.py')
    assert Path(found) == CONFIGS / 'uda/hand_3d.py'
    assert load_config(f'{start}uda/hand_3d.py').filename == found


def test_a_file_that_is_there_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path('configs/uda').mkdir(parents=True)
    Path('configs/uda/hand_3d.py').touch()
    assert find_config('configs/uda/hand_3d.py') == 'configs/uda/hand_3d.py'


@pytest.mark.parametrize(
    'name', ['uda/hand_3d.py', 'mmpose_uda::uda/none.py', 'configs/uda', 'hand_3d.py']
)
def test_others_are_not(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    words = f'(no config file|neither a config nor an export) {name}'
    with pytest.raises(UserError, match=words):
        find_config(name)


def test_what_is_no_config_is_told_apart(tmp_path):
    with pytest.raises(
        UserError, match='run.pth is a checkpoint: name its config, or an e'
    ):
        find_config('run.pth')
    with pytest.raises(UserError, match='neither a config nor an export work_dirs/mine: '):
        find_config('work_dirs/mine')
