"""The wheel as it comes out of the sdist, made without a network."""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def build(kind: str, folder: Path, out: Path) -> Path:
    """Call a hook of setuptools as pip and `python -m build` do, here without isolation."""
    code = (
        'import sys; from setuptools import build_meta; '
        f'print(build_meta.build_{kind}(sys.argv[1]))'
    )
    done = subprocess.run(
        [sys.executable, '-c', code, str(out)], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return out / done.stdout.splitlines()[-1]


@pytest.fixture(scope='session')
def files():
    """What a checkout has, relative to it, without builds, data and runs beside it.

    git knows it; where there is no git, the list that an sdist brings.
    """
    if (ROOT / '.git').exists():
        command = ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard']
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        names = done.stdout.rstrip('\0').split('\0')
    else:
        names = (ROOT / 'mmpose_uda.egg-info/SOURCES.txt').read_text().splitlines()
        names = [name for name in names if not name.startswith('mmpose_uda.egg-info/')]
    return {name for name in names if (ROOT / name).is_file()}


@pytest.fixture(scope='session')
def sdist(files, tmp_path_factory):
    """The sdist, unpacked."""
    checkout = tmp_path_factory.mktemp('checkout')
    for name in files:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    out = tmp_path_factory.mktemp('sdist')
    with tarfile.open(build('sdist', checkout, out)) as archive:
        archive.extractall(out, filter='data')
    (unpacked,) = (path for path in out.iterdir() if path.is_dir())
    return unpacked


@pytest.fixture(scope='session')
def wheel(sdist, tmp_path_factory):
    """The wheel, a file."""
    return build('wheel', sdist, tmp_path_factory.mktemp('wheel'))
