import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mmpose_uda.whole_files import whole_file, whole_folder, write_whole

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
from whole_files import whole_file
with whole_file({str(path)!r}) as partial:
    partial.write_text('half')
    os.kill(os.getpid(), signal.SIGKILL)
"""
    # the file alone: the package takes seconds to import
    env = dict(os.environ, PYTHONPATH=str(ROOT / 'mmpose_uda'))
    done = subprocess.run([sys.executable, '-c', code], env=env)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == 'before'


def test_a_folder_is_not_written_over(tmp_path):
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        write_whole(tmp_path, 'text')
    assert not list(tmp_path.iterdir())


def test_links_and_devices_stay_what_they_are(tmp_path):
    (tmp_path / 'file').write_text('before')
    (tmp_path / 'link').symlink_to('file')
    write_whole(tmp_path / 'link', 'after')
    assert (tmp_path / 'link').is_symlink()
    assert (tmp_path / 'file').read_text() == 'after'
    (tmp_path / 'null').symlink_to('/dev/null')
    write_whole(tmp_path / 'null', 'nothing')
    assert not Path('/dev/null').is_file()


def write_both(folder, text, names=('a', 'b')):
    with whole_folder(folder, ['extra', 'a', 'b']) as partial:
        for name in names:
            (partial / name).write_text(text)


def test_files_that_belong_together(tmp_path):
    folder = tmp_path / 'deep/export'
    write_both(folder, 'one', ('extra', 'a', 'b'))
    assert sorted(os.listdir(folder)) == ['a', 'b', 'extra']
    (folder / 'notes').write_text('of the user')
    write_both(folder, 'two')
    # what the second has not is gone with the first
    assert sorted(os.listdir(folder)) == ['a', 'b', 'notes']
    assert (folder / 'b').read_text() == 'two'
    assert os.listdir(folder.parent) == ['export']


@pytest.mark.parametrize('is_there', [False, True])
def test_an_error_leaves_the_folder_as_it_was(tmp_path, is_there):
    folder = tmp_path / 'export'
    if is_there:
        write_both(folder, 'one')
    with pytest.raises(ZeroDivisionError), whole_folder(folder, ['a', 'b']) as partial:
        (partial / 'a').write_text('two')
        1 / 0  # noqa: B018
    assert os.listdir(tmp_path) == ['export'] * is_there
    assert not is_there or sorted(os.listdir(folder)) == ['a', 'b']
