"""What is missing is told at import, in one sentence, all of it at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmpose_uda import required

ROOT = Path(__file__).resolve().parents[1]
# Hides modules from Python's own finder, as if they were not installed.
WITHOUT = """
import runpy, sys
from importlib.machinery import PathFinder
find = PathFinder.find_spec.__func__
_, hidden, *sys.argv = sys.argv
def find_spec(cls, name, path=None, target=None):
    if name.split('.')[0] not in hidden.split():
        return find(cls, name, path, target)
PathFinder.find_spec = classmethod(find_spec)
runpy.run_path(sys.argv[0], run_name='__main__')
"""


def run_tool(*options):
    """The status of a tool in a Python with these options, and what it says."""
    done = subprocess.run(
        [sys.executable, *options, str(ROOT / 'tools/test.py'), 'any.py', 'any.pth'],
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr


def test_the_releases_of_openmmlab_are_the_pinned_ones():
    lines = (ROOT / 'requirements/openmmlab.txt').read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith('#')]
    assert list(required.OPENMMLAB.values()) == pins


@pytest.mark.parametrize(
    'hidden, said',
    [
        ('einops', 'einops, which is not installed here: pip install einops'),
        (
            'pycocotools albumentations cv2',
            'albumentations, cv2 and pycocotools, which are not installed here: '
            "pip install 'albumentations>=2' opencv-python-headless pycocotools",
        ),
        (
            'mmcv',
            'mmcv, which is not installed here: pip install --no-deps mmcv-lite==2.1.0',
        ),
        (
            'mmdet six mmpose',
            'mmdet, mmpose and six, which are not installed here: '
            'pip install six && pip install --no-deps mmdet==3.3.0 mmpose==1.3.2',
        ),
    ],
)
def test_what_is_missing_is_named_with_the_command_that_installs_it(hidden, said):
    said = f'error: mmpose_uda needs {said}\n'
    assert run_tool('-c', WITHOUT, hidden) == (2, said)


def test_all_is_missing_where_nothing_is_installed():
    """As in a Python without site-packages."""
    status, said = run_tool('-S')
    assert status == 2 and said.count('\n') == 1
    modules = required.IMPORTED | required.OF_OPENMMLAB | required.OPENMMLAB
    for module, requirement in modules.items():
        assert module in said and requirement in said
