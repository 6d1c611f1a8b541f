"""Every Python block of README.md and docs is run: by the test of its page."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / 'README.md', *(ROOT / 'docs').glob('*.md')]
# how many blocks the test of a page runs
RUN = {
    'adapt.md': 1,  # test_adapt_page.py
    'README.md': 1,  # test_readme.py
    'own_data.md': 2,  # test_own_data.py
    'get_started.md': 1,  # the same
    'datasets.md': 2,  # test_datasets_page.py
    'parts.md': 10,  # test_parts.py
    'extend.md': 6,  # test_extend.py
}


def test_no_block_is_left_out():
    shown = {}
    for page in PAGES:
        if count := len(re.findall(r'^```python$', page.read_text(), re.M)):
            shown[page.name] = count
    assert shown == RUN
