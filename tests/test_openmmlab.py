"""The packages of OpenMMLab are checked at import, in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmpose_uda import openmmlab
from mmpose_uda.errors import UnfitVersionsError

ROOT = Path(__file__).resolve().parents[1]


def test_the_releases_are_the_pinned_ones():
    lines = (ROOT / 'requirements/openmmlab.txt').read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith('#')]
    assert list(openmmlab._RELEASES.values()) == pins


def test_all_are_there():
    openmmlab.require_openmmlab()


@pytest.mark.parametrize(
    'missing, said',
    [
        (
            {'mmdet', 'mmpose'},
            'mmpose_uda needs mmdet and mmpose, not installed here: '
            'pip install --no-deps mmdet==3.3.0 mmpose==1.3.2',
        ),
        (
            {'mmcv'},
            'mmpose_uda needs mmcv, not installed here: '
            'pip install --no-deps mmcv-lite==2.1.0',
        ),
    ],
)
def test_what_is_missing_is_named_with_the_command_that_installs_it(
    monkeypatch, missing, said
):
    monkeypatch.setattr(openmmlab, 'find_spec', lambda name: name not in missing or None)
    with pytest.raises(UnfitVersionsError) as error:
        openmmlab.require_openmmlab()
    assert str(error.value) == said


def test_a_tool_says_it_in_one_line():
    """As in a Python without site-packages, where nothing is installed."""
    done = subprocess.run(
        [sys.executable, '-S', str(ROOT / 'tools/train.py'), 'any.py'],
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith('error: mmpose_uda needs mmengine, mmcv, mmdet, mmpretrain and')
    assert line.endswith(' mmpose==1.3.2')
