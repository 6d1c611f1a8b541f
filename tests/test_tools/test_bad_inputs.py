"""Every tool answers bad input with one sentence and status 2, and writes over nothing."""

import hashlib
import json
import os
import re
import runpy
import shlex
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
import toy_parts
from bad_inputs import BAD
from infer_factory import TrainedRun, quick_yapf
from kills import read_only
from mmengine.config import Config
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer
from mmpose.registry import MODELS
from stock_factory import TINY_BASE, write_coco

from mmpose_uda.apis import convert_config, train

TOOLS = Path(__file__).resolve().parents[2] / 'tools'


def forget_runs():
    """What mmengine keeps of a run for the whole process."""
    for kind in (DefaultScope, MMLogger, MessageHub, Visualizer):
        kind._instance_dict.clear()


@pytest.fixture(scope='module')
def good(tmp_path_factory):
    """A folder of inputs that are fine."""
    folder = tmp_path_factory.mktemp('good')
    before = os.getcwd()
    os.chdir(folder)
    try:
        with quick_yapf():
            _write_good(folder)
    finally:
        os.chdir(before)
        forget_runs()
    return folder


def _write_good(folder):
    write_coco(Path('people'))
    shutil.copytree('people/images/train', 'photos')
    Path('empty').mkdir()
    Path('base.py').write_text(TINY_BASE)
    convert_config('base.py', 'photos', 'people', 'adapted.py')
    for name in ('toy.py', 'other.py'):
        Path(name).write_text(toy_parts.CONFIG)
    runner = train('toy.py', 'toy_run', cfg_options={'train_cfg.max_iters': 2})
    torch.save(runner.model.state_dict(), 'weights.pth')
    torch.save([1, 2], 'list.pth')
    network = MODELS.build(Config.fromfile('base.py').model)
    torch.save(network.state_dict(), 'base.pth')
    trained = TrainedRun(folder / 'trained', '2d')
    shutil.copytree(trained.export, 'export')
    shutil.copy(trained.config, 'training.py')
    shutil.copy(trained.checkpoint, 'run.pth')


@pytest.fixture
def copied(good, tmp_path, monkeypatch):
    """A copy of it, that is the current folder."""
    folder = tmp_path / 'good'
    shutil.copytree(good, folder)
    monkeypatch.chdir(folder)
    yield folder
    forget_runs()


def call(tool, arguments, monkeypatch, capsys):
    """Status and error output of a tool that runs in this process."""
    monkeypatch.setattr(sys, 'argv', [tool, *shlex.split(arguments)])
    capsys.readouterr()
    with quick_yapf(), pytest.raises(SystemExit) as caught:
        runpy.run_path(str(TOOLS / tool), run_name='__main__')
    return caught.value.code, capsys.readouterr().err


def _hashes(folder):
    return {
        str(path): hashlib.sha1(path.read_bytes()).hexdigest()
        for path in folder.rglob('*')
        if path.is_file() and path.name != '.lock'
    }


@pytest.mark.parametrize('bad', BAD, ids=[f'{n}-{bad.id}' for n, bad in enumerate(BAD)])
def test_a_bad_input_is_told_in_one_sentence(bad, copied, monkeypatch, capsys):
    if bad.change is not None:
        bad.change()
    before = _hashes(copied)
    with read_only(copied / bad.read_only) if bad.read_only else nullcontext():
        status, errors = call(bad.tool, bad.arguments, monkeypatch, capsys)
    assert status == 2 and 'Traceback' not in errors
    # the folder that a public data set must be is shown in lines
    sentence = errors[errors.rindex('error: ') :].strip()
    assert sentence.endswith('.')
    assert re.search(bad.said, sentence), sentence
    after = _hashes(copied)
    assert {path: after.get(path) for path in before} == before


def test_there_are_many():
    assert len(BAD) >= 120
    assert len({bad.tool for bad in BAD}) == 21


def test_the_good_ones_are_good(copied, monkeypatch, capsys):
    """Otherwise the bad ones would be refused for another reason."""
    found = train(
        'adapted.py',
        'wd',
        cfg_options={'train_cfg.max_epochs': 1, 'train_dataloader.batch_size': 2},
    )
    assert found.iter == 2
    assert set(json.loads(Path('wd/summary.json').read_text())) >= {'source', 'export'}
