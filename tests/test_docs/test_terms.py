"""docs/terms.md: its names are in the code, and pages and messages use its words."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = [
    path
    for folder in ('mmpose_uda', 'tools', 'configs')
    for kind in ('*.py', '*.jinja')
    for path in (ROOT / folder).rglob(kind)
]
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *(ROOT / 'docs').glob('*.md')]
ROWS = re.findall(
    r'^\| \*\*(.+?)\*\* \|.*\| (.+?) \|$', (ROOT / 'docs/terms.md').read_text(), re.M
)
# what was said for something that has another word: a pattern, and what to write
NOT_SAID = {
    r'\bmasked (pass|passes|image|images|view|pixels)\b(?! model)': 'hidden patches',
    r"\bcamera(?:'s)?\s+frame\b": "the camera's axes",
    r'\bafter (?:the )?(?:root )?alignment\b': 'the best turn, shift and scale (PA)',
    r'\baligned figures\b': 'figures after the best turn, shift and scale',
    r'\b(?:two|[0-9][0-9,]*) iterations\b': 'steps, but for what mmengine counts',
    r'\bno joint to score for\b': 'keypoint, in the image',
    r'\b(?:error|PCK) of each joint\b': 'keypoint, in the image',
}
# bodies of the built-in data have bones with frames, and are seen from all sides
OWN_WORDS = ROOT / 'mmpose_uda/synthetic'
# mmengine's count: of a log, of another project
MMENGINE = {'adain_vgg19.py', 'performance.md'}


def test_what_a_term_is_in_code_is_there():
    words = set()
    for path in CODE:
        words.update(re.findall(r'\w+', f'{path.relative_to(ROOT)} {path.read_text()}'))
    assert len(ROWS) > 40
    for term, names in ROWS:
        quoted = re.findall(r'`([^`]+)`', names)
        assert quoted, term
        missing = set(re.findall(r'[A-Za-z_]\w+', ' '.join(quoted))) - words
        assert not missing, term


@pytest.mark.parametrize('pattern', NOT_SAID)
def test_each_thing_has_its_word(pattern):
    found = [
        f'{path.relative_to(ROOT)}: {" ".join(said[0].split())}'
        for path in [*PAGES, *CODE]
        if OWN_WORDS not in path.parents and path.name not in MMENGINE
        for said in re.finditer(pattern, path.read_text(), re.I)
    ]
    assert not found, f'write {NOT_SAID[pattern]}'
