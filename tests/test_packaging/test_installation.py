"""The wheel in an environment of its own, in a folder that has nothing of the checkout.

It needs the package index and 6 GB, and takes some 15 minutes a Python:
``pytest -m long -s tests/test_packaging/test_installation.py``.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

BASE = (
    'mmpose::body_2d_keypoint/topdown_heatmap/coco/td-hm_res50_8xb64-210e_coco-256x192.py'
)
RUN = 'work_dirs/hand_3d_smoke'
PHOTOS = 'data/builtin_hand_smoke/photo/images'
# a command, and what is there afterwards
STEPS = [
    ('train configs/uda/hand_3d.py --smoke', f'{RUN}/summary.json'),
    (f'convert {BASE} --target {PHOTOS} --out mine.py', 'mine.py'),
    (
        f'adapt {RUN}/export --target {PHOTOS} --out adapted --iters 2',
        'adapted/report.html',
    ),
    (
        f'export mmpose_uda::uda/hand_3d.py {RUN}/iter_6.pth exported --onnx',
        'exported/model.onnx',
    ),
    (f'infer exported {PHOTOS} --out predicted', 'predicted/predictions'),
]


def run(folder, *command):
    """Run a command as in a shell of a user; what it did is printed for the log."""
    env = {k: v for k, v in os.environ.items() if k not in ('PYTHONPATH', 'VIRTUAL_ENV')}
    print('$', shlex.join(map(str, command)), flush=True)
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    print(done.stdout[-800:], done.stderr[-800:], f'[{done.returncode}]', flush=True)
    return done


def walk(bin_dir: Path, folder: Path) -> None:
    """Do the steps with what is installed there."""
    for arguments, product in STEPS:
        done = run(folder, bin_dir / 'mmpose_uda', *arguments.split())
        assert done.returncode == 0, done.stderr[-3000:]
        assert (folder / product).exists()


def install(python: str, wheel: Path, folder: Path) -> Path:
    """Make an environment as a user does, and follow the sentence that says what lacks."""
    assert run(folder, python, '-m', 'venv', folder / 'env').returncode == 0
    bin_dir = folder / 'env' / 'bin'
    pip = bin_dir / 'pip'
    assert run(folder, pip, 'install', '-q', f'{wheel}[onnx]').returncode == 0
    told = run(folder, bin_dir / 'mmpose_uda', 'train', 'any.py')
    assert told.returncode == 2
    _, command = told.stderr.strip().split(': pip ')
    assert run(folder, pip, *command.split()).returncode == 0
    return bin_dir


@pytest.mark.long
@pytest.mark.parametrize('version', ['3.10', '3.11', '3.12'])
def test_it_trains_converts_adapts_and_exports(version, wheel, tmp_path):
    python = shutil.which(f'python{version}')
    found = python and subprocess.run([python, '--version'], capture_output=True)
    if not found or found.returncode != 0:
        pytest.skip(f'there is no python{version}')
    bin_dir = install(python, wheel, tmp_path)
    work = tmp_path / 'work'
    work.mkdir()
    try:
        walk(bin_dir, work)
    finally:
        shutil.rmtree(tmp_path / 'env')
