"""The wheel as it comes out of the sdist, made without a network."""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# what a checkout has; builds, data and runs beside it are not copied
CHECKOUT = [
    '.ci',
    '.pre-commit-config.yaml',
    'CHANGELOG.md',
    'CITATION.cff',
    'CONTRIBUTING.md',
    'LICENSE',
    'MANIFEST.in',
    'Makefile',
    'README.md',
    'configs',
    'docs',
    'mmpose_uda',
    'mmpose_uda_command.py',
    'model-index.yml',
    'pyproject.toml',
    'requirements',
    'setup.py',
    'tests',
    'tools',
]


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
def sdist(tmp_path_factory):
    """The sdist, unpacked."""
    checkout = tmp_path_factory.mktemp('checkout')
    for name in CHECKOUT:
        if (ROOT / name).is_dir():
            caches = shutil.ignore_patterns('__pycache__')
            shutil.copytree(ROOT / name, checkout / name, ignore=caches)
        else:
            shutil.copy(ROOT / name, checkout)
    out = tmp_path_factory.mktemp('sdist')
    with tarfile.open(build('sdist', checkout, out)) as archive:
        archive.extractall(out, filter='data')
    (unpacked,) = (path for path in out.iterdir() if path.is_dir())
    return unpacked


@pytest.fixture(scope='session')
def wheel(sdist, tmp_path_factory):
    """The wheel, a file."""
    return build('wheel', sdist, tmp_path_factory.mktemp('wheel'))
