"""Checkpoints while they are written: at any moment there is a whole one."""

import re
import uuid
from pathlib import Path

import pytest
import torch
import toy_parts
from mmengine.config import Config
from mmengine.fileio import LocalBackend
from mmengine.runner import Runner

from mmpose_uda.safe_checkpoint import load_from_local, save_checkpoint
from mmpose_uda.whole_checkpoints import removing_last


class Killed(BaseException):
    """As a kill: nothing is tidied up by what knows errors."""


def _runner(work_dir, **changes):
    cfg = Config.fromstring(toy_parts.CONFIG, '.py')
    cfg.merge_from_dict(dict(work_dir=str(work_dir), experiment_name=uuid.uuid4().hex))
    cfg.merge_from_dict(changes)
    return Runner.from_cfg(cfg)


def test_the_old_one_goes_when_the_new_one_is_whole(tmp_path, monkeypatch):
    save, there = torch.save, []

    def spy(content, file, **kwargs):
        there.append(sorted(path.name for path in Path(tmp_path).glob('*.pth')))
        save(content, file, **kwargs)

    monkeypatch.setattr(torch, 'save', spy)
    _runner(
        tmp_path,
        **{'default_hooks.checkpoint.max_keep_ckpts': 1, 'train_cfg.max_iters': 6},
    ).train()
    assert there == [[], ['iter_2.pth'], ['iter_4.pth']]
    assert [path.name for path in tmp_path.glob('*.pth')] == ['iter_6.pth']


def test_a_kill_while_one_is_written_leaves_the_one_before(tmp_path, monkeypatch):
    save = torch.save

    def half(content, file, **kwargs):
        save(content, file, **kwargs)
        if content['meta']['iter'] == 4:
            path = Path(file)
            path.write_bytes(path.read_bytes()[:1000])
            raise Killed

    monkeypatch.setattr(torch, 'save', half)
    with pytest.raises(Killed):
        _runner(tmp_path, **{'default_hooks.checkpoint.max_keep_ckpts': 1}).train()
    assert [path.name for path in tmp_path.glob('*.pth')] == ['iter_2.pth']
    assert load_from_local(str(tmp_path / 'iter_2.pth'))['meta']['iter'] == 2
    assert re.search(r'iter_2\.pth$', (tmp_path / 'last_checkpoint').read_text())


def test_a_successor_of_the_same_name_stays(tmp_path):
    class Saves:
        file_backend = LocalBackend()

        @removing_last
        def save(self, name):
            self.file_backend.remove(str(tmp_path / 'best.pth'))
            save_checkpoint(dict(state_dict={}), tmp_path / name)

    for name, left in (('best.pth', ['best.pth']), ('better.pth', ['better.pth'])):
        (tmp_path / 'best.pth').write_bytes(b'old')
        Saves().save(name)
        assert [path.name for path in tmp_path.iterdir()] == left
        assert load_from_local(str(tmp_path / name)) == dict(state_dict={})
