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
        if [ "$3" = freeze ]; then echo "torch==9.9"; exit; fi
        echo "${*:5}" >> pip.log
        if [ -n "${FAKE_FAILURE:-}" ]; then exit 1; fi ;;
    *) echo "$*" >> run.log ;;
esac
"""


@pytest.fixture
def checkout(tmp_path):
    for name in ('Makefile', 'setup.py', 'pyproject.toml'):
        shutil.copy(ROOT / name, tmp_path)
    for name in ('requirements', '.ci'):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / 'python').write_text(FAKE_PYTHON)
    (tmp_path / 'python').chmod(0o755)
    # .ci/run must not install a browser on the machine that runs this test
    (tmp_path / 'bin').mkdir()
    (tmp_path / 'bin' / 'apt-get').write_text('#!/bin/sh\nexit 1\n')
    (tmp_path / 'bin' / 'apt-get').chmod(0o755)
    return tmp_path


def _make(checkout, *arguments, **env):
    return _run(checkout, 'make', f'PYTHON={checkout}/python', *arguments, **env)


def _run(checkout, *command, **env):
    # Nothing else of the environment: where make runs the tests, its variables are in
    # there, and VENV would be the environment that the tests run in.
    path = f'{checkout}/bin:{os.environ["PATH"]}'
    env = {'PATH': path, 'HOME': str(checkout), **env}
    return subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True)


def _pip(checkout):
    log = checkout / 'pip.log'
    calls = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return calls


LOCK = 'lock-3.11.txt'
UNLOCKED = '-r requirements/stack.txt -r requirements/tests.txt'
ALL = [
    f'-c requirements/lock-3.11.txt {UNLOCKED}',
    '--no-deps -r requirements/openmmlab.txt',
    '--quiet --no-deps --no-build-isolation -e .',
]


def test_help_lists_every_target(checkout):
    done = _make(checkout)
    for target in 'env lock data train test smoke lint clean'.split():
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


@pytest.mark.parametrize('name', ['stack.txt', 'openmmlab.txt', 'tests.txt', LOCK])
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
    _make(checkout, 'env', FAKE_VERSION='3.12.1')  # which has no lock
    assert _pip(checkout) == [UNLOCKED, *ALL[1:]]


def test_the_lock_is_written_from_an_environment_without_one(checkout):
    assert _make(checkout, 'lock').returncode == 0
    assert _pip(checkout) == [UNLOCKED, *ALL[1:]]
    written = (checkout / 'requirements' / LOCK).read_text().splitlines()
    assert written[0].startswith('# Written by make lock') and written[1:] == ['torch==9.9']
    assert not (checkout / '.venv_lock').exists()


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
    shutil.copytree(checkout / 'requirements', other / 'requirements', dirs_exist_ok=True)
    assert _make(checkout, 'env', kept, '-C', str(other)).returncode == 0
    assert _pip(other) == ALL[2:]


def test_an_unsupported_python_is_named(checkout):
    done = _make(checkout, 'env', FAKE_UNSUPPORTED='yes')
    assert done.returncode == 2
    assert f'error: {checkout}/python is not a Python 3.10, 3.11 or 3.12' in done.stderr
    assert not (checkout / '.venv').exists()


def test_a_folder_of_the_user_is_left_alone(checkout):
    own = checkout / 'own'
    own.mkdir()
    (own / 'thesis.tex').touch()
    done = _make(checkout, 'env', 'VENV=own')
    assert done.returncode == 2
    assert 'error: own is not an environment of this Makefile' in done.stderr
    assert (own / 'thesis.tex').exists()


def test_train_runs_the_benchmark(checkout):
    _make(checkout, 'train', 'ARGS=--seed 3')
    assert (checkout / 'run.log').read_text() == (
        'tools/train.py configs/uda/hand_3d.py --work-dir work_dirs/hand_3d --seed 3\n'
    )


def test_ci_keeps_the_env_between_checkouts(checkout):
    cache = checkout / 'cache'
    env = dict(PYTHON=f'{checkout}/python', MMPOSE_UDA_VENV_CACHE=str(cache))
    unused = [cache / 'venv-1', cache / 'venv-1.lock']
    unused[0].mkdir(parents=True)
    unused[1].touch()
    os.utime(unused[1], (0, 0))
    for expected in (ALL, []):
        done = _run(checkout, '.ci/run', **env)
        assert done.returncode == 0, done.stderr
        assert _pip(checkout) == expected
    lint = '-m ruff check .\n-m ruff format --check .\n-m mypy\n'
    test = '-m pytest -n 2 --dist worksteal tests\n'
    assert (checkout / 'run.log').read_text() == 2 * (lint + test)
    assert not (checkout / '.venv').exists()
    assert not any(path.exists() for path in unused)


@pytest.mark.parametrize('what', ['ruff', 'mypy', 'pytest'])
def test_ci_fails_where_lint_or_a_test_does(checkout, what):
    python = checkout / 'python'
    python.write_text(FAKE_PYTHON.replace('run.log ;;', f'run.log; test $2 != {what} ;;'))
    done = _run(
        checkout, '.ci/run', PYTHON=str(python), MMPOSE_UDA_VENV_CACHE=str(checkout)
    )
    assert done.returncode != 0
