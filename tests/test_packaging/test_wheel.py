"""What is in the wheel, and that it works without its checkout."""

import os
import subprocess
import sys
import zipfile
from configparser import ConfigParser

import pytest

from mmpose_uda import __version__


@pytest.fixture(scope='module')
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_it_has_what_mim_and_bases_need(names, files):
    wanted = {name for name in files if name.startswith(('configs/', 'tools/'))}
    wanted.add('model-index.yml')
    start = 'mmpose_uda/.mim/'
    found = {name.removeprefix(start) for name in names if name.startswith(start)}
    assert found == wanted


def test_it_has_the_package_and_nothing_beside_it(names, files):
    assert {name for name in files if name.startswith('mmpose_uda/')} <= names
    tops = {name.split('/')[0] for name in names}
    assert tops == {
        'mmpose_uda',
        'mmpose_uda_command.py',
        f'mmpose_uda-{__version__}.dist-info',
    }


def test_it_has_one_command(wheel):
    entries = ConfigParser()
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith('entry_points.txt'))
        entries.read_string(archive.read(name).decode())
    assert dict(entries['console_scripts']) == {'mmpose_uda': 'mmpose_uda_command:main'}


def test_it_has_the_licences(names):
    folder = f'mmpose_uda-{__version__}.dist-info'
    found = {name.rpartition('/')[2] for name in names if name.startswith(folder)}
    assert {'LICENSE', 'NOTICE'} <= found


def test_the_sdist_has_what_a_checkout_has(sdist, files):
    found = {p.relative_to(sdist).as_posix() for p in sdist.rglob('*') if p.is_file()}
    assert files - found == set()


def test_it_works_in_another_folder(wheel, tmp_path):
    """Unpacked, as pip does it, with the data of a config beside nothing else."""
    site = tmp_path / 'site'
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    work = tmp_path / 'work'
    work.mkdir()

    def run(*arguments):
        return subprocess.run(
            [sys.executable, '-m', 'mmpose_uda', *arguments],
            cwd=work,
            env=dict(os.environ, PYTHONPATH=str(site), OMP_NUM_THREADS='1'),
            capture_output=True,
            text=True,
        )

    made = run('make-data', 'hand', '--num-train', '2', '--num-test', '1')
    assert made.returncode == 0, made.stderr[-2000:]
    options = ['builtin_data.num_train=2', 'builtin_data.num_test=1']
    done = run('check-data', 'configs/uda/hand_3d.py', '--cfg-options', *options)
    assert 'Nothing is wrong.' in done.stdout, done.stderr[-2000:]
    assert [path.name for path in work.iterdir()] == ['data']
