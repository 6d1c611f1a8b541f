"""docs/install.md: what it says of versions and of what is missing is so."""

import re
from pathlib import Path

import pytest

from mmpose_uda import installed, required
from mmpose_uda.errors import UnfitVersionsError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / 'docs/install.md').read_text()


def test_the_sentence_after_a_wheel(monkeypatch):
    monkeypatch.setattr(
        installed, 'find_spec', lambda name: None if name in required.OPENMMLAB else True
    )
    with pytest.raises(UnfitVersionsError) as error:
        installed.require_installed()
    assert f'error: {error.value}\n' in PAGE


def test_the_versions_that_were_tried_are_the_pinned_ones():
    lines = [
        line
        for name in ('stack', 'openmmlab')
        for line in (ROOT / f'requirements/{name}.txt').read_text().splitlines()
    ]
    pins = dict(line.split('==') for line in lines if '==' in line)
    pins['OpenCV'] = '.'.join(pins['opencv-python-headless'].split('.')[:2])
    pins['NumPy'] = pins['numpy']
    (tried,) = re.findall(r'^Tried on Python .*?:(.*?) and the rest', PAGE, re.M | re.S)
    found = re.findall(r'([A-Za-z-]+) ([\d.]+\d)', tried)
    assert len(found) == 9
    for name, version in found:
        assert pins[name] == version, name
