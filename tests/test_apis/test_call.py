"""Functions in processes of their own, as an ablation starts them."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import toy_parts

from mmpose_uda.analysis.ablation import command_for


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Runs a function in a folder that has nothing of the package."""
    (tmp_path / 'toy.py').write_text(toy_parts.CONFIG)
    paths = [str(Path(toy_parts.__file__).parent), os.environ.get('PYTHONPATH', '')]
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join(filter(None, paths)))

    def call(function, **arguments):
        command = command_for(function, config=str(tmp_path / 'toy.py'), **arguments)
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    return call


def test_train_and_evaluate(call, tmp_path):
    work_dir = str(tmp_path / 'run')
    assert call('train', work_dir=work_dir, seed=3, resume=None).returncode == 0
    done = call(
        'evaluate',
        checkpoint=f'{work_dir}/iter_4.pth',
        work_dir=work_dir,
        out=f'{work_dir}/result.json',
    )
    assert done.returncode == 0
    assert 'mean' in json.loads((tmp_path / 'run/result.json').read_text())['target']


def test_a_mistake_is_one_sentence(call):
    done = call('train', resume='none.pth')
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith('error: There is no checkpoint none')


def test_it_ends_with_the_process_that_started_it():
    """A second ablation would train in the folder of the first one's orphan."""
    code = """
import subprocess, sys
child = subprocess.Popen([sys.executable, '-c', 'import time;'
    'from mmpose_uda import apis;'
    'apis.sleep = lambda: (print("asleep", flush=True), time.sleep(600));'
    'from mmpose_uda.apis.call import main;'
    'main()', 'sleep', '{}'])
print(child.pid, flush=True)
child.wait()
"""
    parent = subprocess.Popen(
        [sys.executable, '-c', code], stdout=subprocess.PIPE, text=True
    )
    pid = int(parent.stdout.readline())
    assert parent.stdout.readline() == 'asleep\n'
    parent.kill()
    # its end of the pipe closes with it
    ended = threading.Thread(target=parent.stdout.read, daemon=True)
    ended.start()
    ended.join(timeout=30)
    if ended.is_alive():
        os.kill(pid, signal.SIGKILL)
    assert not ended.is_alive()
