"""Every tool answers bad input with one sentence and status 2, and writes over nothing."""

import argparse
import hashlib
import itertools
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
import toy_parts
from bad_inputs import BAD, TRAIN_JSON
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from infer_factory import TrainedRun, quick_yapf
from kills import read_only
from mmengine.config import Config
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer
from mmpose.registry import MODELS
from mmpose.visualization import PoseLocalVisualizer
from stock_factory import TINY_BASE, write_coco
from tool_process import parser_of

from mmpose_uda.apis import convert_config, train

TOOLS = Path(__file__).resolve().parents[2] / 'tools'
LARGE = 10**7  # bytes
TESTS = str(Path(__file__).resolve().parents[1])
HARD = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def forget_runs():
    """What mmengine keeps of a run for the whole process."""
    for kind in (DefaultScope, MMLogger, MessageHub, Visualizer, PoseLocalVisualizer):
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
    shutil.copytree(good, folder, copy_function=copy_or_link)
    monkeypatch.chdir(folder)
    yield folder
    forget_runs()


def copy_or_link(source, target):
    """Of the weights of a network of the stock's width, no row changes the file."""
    is_large = Path(source).stat().st_size > LARGE
    return (os.link if is_large else shutil.copy2)(source, target)


def call(tool, arguments, monkeypatch, capsys):
    """Status and error output of a tool that runs in this process."""
    monkeypatch.setattr(sys, 'argv', [tool, *shlex.split(arguments)])
    capsys.readouterr()
    with quick_yapf(), pytest.raises(SystemExit) as caught:
        runpy.run_path(str(TOOLS / tool), run_name='__main__')
    return caught.value.code, capsys.readouterr().err


def _hashes(folder):
    return {
        str(path): _identity(path)
        for path in folder.rglob('*')
        if path.is_file() and path.name != '.lock'
    }


def _identity(path):
    state = path.stat()
    if state.st_size > LARGE:
        return state.st_ino, state.st_mtime_ns
    return hashlib.sha1(path.read_bytes()).hexdigest()


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
    assert {bad.tool for bad in BAD} == {
        path.relative_to(TOOLS).as_posix() for path in TOOLS.rglob('*.py')
    }


ONE_A_TOOL = {bad.tool: bad for bad in BAD if bad.change is None and not bad.read_only}


@pytest.mark.long
@pytest.mark.parametrize('tool', sorted(ONE_A_TOOL))
def test_a_bad_input_in_a_process_of_its_own(tool, copied):
    bad = ONE_A_TOOL[tool]
    done = subprocess.run(
        [sys.executable, str(TOOLS / tool), *shlex.split(bad.arguments)],
        env=dict(os.environ, PYTHONPATH=os.pathsep.join([str(TOOLS.parent), TESTS])),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and 'Traceback' not in done.stderr
    assert re.search(bad.said, done.stderr)


# what they do with their defaults takes hours
LONG_BY_DEFAULT = ('ablation', 'calibrate_verdict', 'gpu_check', 'make_builtin_data')
TRIED = sorted(p for p in TOOLS.rglob('*.py') if p.stem not in LONG_BY_DEFAULT)
WORDS = """
    base.py toy.py training.py none.py export people photos empty list.pth run.pth
    weights.pth none out out.json out.jpg out.py toy.py/out . -1 0 1 nan 1e400 a=1
    model.width=a
""".split()
WORDS += [TRAIN_JSON, '']


def command_line(data, parser):
    """Words for what must be given, and for some of what may be."""
    line = []
    for action in parser._actions:
        is_needed = action.required or not action.option_strings
        if isinstance(action, argparse._HelpAction):
            continue
        if not is_needed and not data.draw(st.integers(0, 3)) == 0:
            continue
        line += action.option_strings[:1]
        if action.nargs != 0:
            word = st.sampled_from(list(action.choices or WORDS))
            line += data.draw(st.lists(word, min_size=1, max_size=_most(action)))
    return line


def _most(action):
    return 2 if action.nargs in ('+', '*') else 1


@pytest.mark.parametrize('count', [2, pytest.param(100, marks=pytest.mark.long)])
@pytest.mark.parametrize('tool', TRIED, ids=[path.stem for path in TRIED])
def test_words_in_any_place_are_told_or_taken(tool, count, good, tmp_path, monkeypatch):
    parser = parser_of(tool)
    numbers = itertools.count()

    @settings(HARD, max_examples=count)
    @given(data=st.data())
    def run(data):
        folder = tmp_path / str(next(numbers))
        # tools put new files in the place of others, they do not change them
        shutil.copytree(good, folder, copy_function=os.link)
        with monkeypatch.context() as patched, patch.dict(os.environ):
            patched.chdir(folder)
            patched.setattr(sys, 'argv', [tool.name, *command_line(data, parser)])
            note(shlex.join(sys.argv))
            works_or_says(lambda: runpy.run_path(str(tool), run_name='__main__'))
        shutil.rmtree(folder)

    run()


def works_or_says(function):
    errors = StringIO()
    try:
        with quick_yapf(), redirect_stdout(StringIO()), redirect_stderr(errors):
            function()
    except SystemExit as end:
        assert not end.code or (end.code == 2 and 'error: ' in errors.getvalue())
    finally:
        forget_runs()


def test_the_good_ones_are_good(copied, monkeypatch, capsys):
    """Otherwise the bad ones would be refused for another reason."""
    found = train(
        'adapted.py',
        'wd',
        cfg_options={'train_cfg.max_epochs': 1, 'train_dataloader.batch_size': 2},
    )
    assert found.iter == 2
    assert set(json.loads(Path('wd/summary.json').read_text())) >= {'source', 'export'}
