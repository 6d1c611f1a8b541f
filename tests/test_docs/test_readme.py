"""README.md: one page. Links of it and of the other pages beside it lead somewhere."""

import re
from pathlib import Path

import pytest
from mmengine.config import Config
from mmpose.registry import HOOKS
from pymdownx.slugs import slugify

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / 'README.md').read_text()
PAGES = ('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md')
LINKS = {
    link
    for page in PAGES
    for link in re.findall(r'\]\((?!https?:)([^)]+)\)', (ROOT / page).read_text())
}


def test_it_is_one_page():
    assert len(TEXT.splitlines()) <= 150


def anchors(page):
    """Of the headings of a page, as GitHub makes them."""
    text = re.sub(r'^```.*?^```', '', page.read_text(), flags=re.M | re.S)
    slug = slugify(case='lower')
    return {slug(title, '-') for title in re.findall(r'^#+ (.*)$', text, re.M)}


@pytest.mark.parametrize('link', sorted(LINKS))
def test_links_lead_somewhere(link):
    path, _, anchor = link.partition('#')
    assert (ROOT / path).is_file()
    assert not anchor or anchor in anchors(ROOT / path)


def test_the_lines_of_one_part(tmp_path):
    (block,) = re.findall(r'^```python\n(.*?)^```', TEXT, re.M | re.S)
    assert block in (ROOT / 'docs/parts.md').read_text()  # where it is trained
    (tmp_path / 'one_part.py').write_text(block)
    hook = Config.fromfile(tmp_path / 'one_part.py').custom_hooks[-1]
    assert type(HOOKS.build(hook)).__name__ == 'EMATeacherHook'
