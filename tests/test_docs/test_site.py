"""The site of ``make docs``: it builds without a warning, links and API included."""

import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp('site')
    done = subprocess.run(
        [sys.executable, '-m', 'mkdocs', 'build', '--strict', '--site-dir', str(out)],
        cwd=ROOT,
        env=dict(os.environ, NO_MKDOCS_2_WARNING='true'),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return out


def test_every_page_is_built_and_listed(site):
    listed = (site / 'index.html').read_text()
    for page in (ROOT / 'docs').glob('*.md'):
        assert (site / page.with_suffix('.html').name).is_file()
        if page.stem != 'index':
            assert f'href="{page.stem}.html"' in listed, f'{page.name}: not in nav'


def test_the_notebook_is_a_page_that_leads_to_it(site):
    notebook = json.loads((ROOT / 'docs/tour.ipynb').read_text())
    text = html.unescape(re.sub('<[^>]+>', '', (site / 'tour.html').read_text()))
    for cell in notebook['cells']:
        if cell['cell_type'] == 'code':
            assert ''.join(cell['source']) in text
    assert 'href="tour.ipynb"' in (site / 'tour.html').read_text()
    assert (site / 'tour.ipynb').is_file()
    for name in ('index', 'get_started'):
        page = (site / f'{name}.html').read_text()
        assert 'href="tour.html"' in page and 'href="tour.ipynb"' not in page


def test_the_api_has_signatures_and_no_markup_of_another_language(site):
    text = (site / 'api.html').read_text()
    for name in ('train', 'Alignment', 'InfoMaxLoss', 'HeadReader', 'UserError'):
        assert re.search(rf'id="mmpose_uda[\w.]*\.{name}"', text), name
    assert 'min_confidence' in text
    assert not re.search(r':(class|func|meth|attr|data|mod|math):', text)
