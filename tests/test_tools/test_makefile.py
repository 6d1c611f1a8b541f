"""The environment is made once, again when it must be, and never left half-made."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Stands in for Python: it notes what pip was asked for, and can be told to fail.
FAKE_PYTHON = """#!/usr/bin/env bash
case "$1 $2" in
    "--version ") echo "Python ${FAKE_VERSION:-3.11.7}" ;;
    "-c "*) test -z "${FAKE_UNSUPPORTED:-}" ;;
    "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m pip")
        echo "${*:5}" >> pip.log
        if [ -n "${FAKE_FAILURE:-}" ]; then exit 1; fi ;;
    *) echo "$*" >> run.log ;;
esac
"""


@pytest.fixture
def checkout(tmp_path):
    for name in ('Makefile', 'setup.py', 'pyproject.toml'):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / 'requirements', tmp_path / 'requirements')
    (tmp_path / 'python').write_text(FAKE_PYTHON)
    (tmp_path / 'python').chmod(0o755)
    return tmp_path


def _make(checkout, *arguments, **env):
    command = ['make', f'PYTHON={checkout}/python', *arguments]
    # make's own variables, where the tests were started by make
    inherited = {k: v for k, v in os.environ.items() if not k.startswith('M')}
    return subprocess.run(
        command, cwd=checkout, env={**inherited, **env}, capture_output=True, text=True
    )


def _pip(checkout):
    log = checkout / 'pip.log'
    calls = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return calls


ALL = [
    '-r requirements/stack.txt -r requirements/tests.txt',
    '--no-deps -r requirements/openmmlab.txt',
    '--quiet --no-deps --no-build-isolation -e .',
]


def test_help_lists_every_target(checkout):
    done = _make(checkout)
    for target in 'env data train test smoke lint clean'.split():
        assert f'\n  {target} ' in done.stdout
    assert _pip(checkout) == []


def test_env_is_made_once(checkout):
    assert _make(checkout, 'env').returncode == 0
    assert _pip(checkout) == ALL
    # file times say nothing: a fresh checkout beside a kept environment is newer
    for path in (checkout / 'requirements').iterdir():
        os.utime(path, (2e9, 2e9))
    assert _make(checkout, 'env').returncode == 0
    assert _pip(checkout) == []


@pytest.mark.parametrize('name', ['stack.txt', 'openmmlab.txt', 'tests.txt'])
def test_other_requirements_make_another_env(checkout, name):
    _make(checkout, 'env')
    _pip(checkout)
    left = checkout / '.venv' / 'left from before'
    left.touch()
    with open(checkout / 'requirements' / name, 'a') as file:
        file.write('another==1.0\n')
    _make(checkout, 'env')
    assert _pip(checkout) == ALL
    assert not left.exists()


def test_another_python_makes_another_env(checkout):
    _make(checkout, 'env')
    _pip(checkout)
    _make(checkout, 'env', FAKE_VERSION='3.12.1')
    assert _pip(checkout) == ALL


def test_a_failed_installation_is_made_again(checkout):
    assert _make(checkout, 'env', FAKE_FAILURE='yes').returncode != 0
    assert _pip(checkout) == ALL[:1]
    assert _make(checkout, 'env').returncode == 0
    assert _pip(checkout) == ALL


def test_another_checkout_installs_itself_into_a_kept_env(checkout):
    kept = f'VENV={checkout}/kept'
    _make(checkout, 'env', kept)
    _pip(checkout)
    other = checkout / 'other'
    shutil.copytree(checkout, other, ignore=shutil.ignore_patterns('other', 'kept'))
    shutil.copytree(
        checkout / 'requirements', other / 'requirements', dirs_exist_ok=True
    )
    assert _make(checkout, 'env', kept, '-C', str(other)).returncode == 0
    assert _pip(other) == ALL[2:]


def test_an_unsupported_python_is_named(checkout):
    done = _make(checkout, 'env', FAKE_UNSUPPORTED='yes')
    assert done.returncode == 2
    assert f'error: {checkout}/python is not a Python 3.10, 3.11 or 3.12' in done.stderr
    assert not (checkout / '.venv').exists()


def test_train_runs_the_benchmark(checkout):
    _make(checkout, 'train', 'ARGS=--seed 3')
    assert (checkout / 'run.log').read_text() == (
        'tools/train.py configs/uda/hand_3d.py --work-dir work_dirs/hand_3d --seed 3\n'
    )
