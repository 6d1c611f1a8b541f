"""docs/tour.ipynb: it is kept without outputs, and runs from top to bottom."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from test_tools.test_commands import link_checkout
from tool_process import ROOT, environment

NOTEBOOK = json.loads((ROOT / 'docs/tour.ipynb').read_text())
CODE = [
    ''.join(cell['source']) for cell in NOTEBOOK['cells'] if cell['cell_type'] == 'code'
]


def test_it_is_kept_without_outputs():
    assert NOTEBOOK['nbformat'] == 4
    for cell in NOTEBOOK['cells']:
        if cell['cell_type'] == 'code':
            assert cell['outputs'] == [] and cell['execution_count'] is None


def test_names_that_it_imports_are_there():
    imports = [
        line
        for cell in CODE
        for line in cell.splitlines()
        if line.startswith(('import ', 'from '))
    ]
    assert len(imports) > 5
    exec('\n'.join(imports), {})


@pytest.mark.long
def test_it_runs_from_top_to_bottom(tmp_path):
    folder = link_checkout(tmp_path)
    script = Path(folder, 'tour.py')
    script.write_text('\n'.join(CODE))
    done = subprocess.run(
        [sys.executable, script.name],
        cwd=folder,
        env=environment(MPLBACKEND='Agg'),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert 'Training is done.' in done.stdout + done.stderr
    assert 'the student in the end' in done.stdout
    assert len(list(folder.glob('work_dirs/tour_*/predictions/**/*.jpg'))) == 4
