"""What names the version says the same one."""

import re
from pathlib import Path

import yaml

from mmpose_uda.version import __version__

ROOT = Path(__file__).resolve().parents[2]


def test_the_changes_begin_with_this_version():
    headings = re.findall(r'^## (\S+)', (ROOT / 'CHANGELOG.md').read_text(), re.M)
    assert headings[0] == __version__


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text())
    assert citation['version'] == __version__
    # required by version 1.2.0 of the Citation File Format
    assert {'cff-version', 'message', 'title', 'authors'} <= citation.keys()


def test_hooks_before_a_commit_are_what_make_lint_runs():
    config = yaml.safe_load((ROOT / '.pre-commit-config.yaml').read_text())
    (repo,) = config['repos']
    recipe = re.findall(r'\$\(PY\) -m (ruff [\w-]+|mypy)', (ROOT / 'Makefile').read_text())
    hooks = [hook['entry'].removeprefix('python -m ') for hook in repo['hooks']]
    assert [hook.partition(' --')[0] for hook in hooks] == recipe
