import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mmpose_uda.whole_files import whole_file, write_whole

ROOT = Path(__file__).parents[1]


def test_a_file_takes_the_place_of_the_one_before(tmp_path):
    path = tmp_path / 'summary.json'
    for text in ('one', 'zwei ä'):
        write_whole(path, text)
        assert path.read_text('utf-8') == text
    assert os.listdir(tmp_path) == ['summary.json']


def test_an_error_leaves_what_was_there(tmp_path):
    path = tmp_path / 'summary.json'
    path.write_text('before')
    with pytest.raises(ZeroDivisionError), whole_file(path) as partial:
        partial.write_text('half')
        1 / 0  # noqa: B018
    assert path.read_text() == 'before' and os.listdir(tmp_path) == ['summary.json']


def test_a_killed_process_leaves_what_was_there(tmp_path):
    path = tmp_path / 'summary.json'
    path.write_text('before')
    code = f"""
import os, signal
from mmpose_uda.whole_files import whole_file
with whole_file({str(path)!r}) as partial:
    partial.write_text('half')
    os.kill(os.getpid(), signal.SIGKILL)
"""
    env = dict(os.environ, PYTHONPATH=str(ROOT))
    done = subprocess.run([sys.executable, '-c', code], env=env)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == 'before'


def test_links_and_devices_stay_what_they_are(tmp_path):
    (tmp_path / 'file').write_text('before')
    (tmp_path / 'link').symlink_to('file')
    write_whole(tmp_path / 'link', 'after')
    assert (tmp_path / 'link').is_symlink()
    assert (tmp_path / 'file').read_text() == 'after'
    (tmp_path / 'null').symlink_to('/dev/null')
    write_whole(tmp_path / 'null', 'nothing')
    assert not Path('/dev/null').is_file()
