"""What the package says to a user names no file that an installation has not."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TITLES = {
    path.read_text().partition('\n')[0].removeprefix('# ')
    for path in (ROOT / 'docs').glob('*.md')
}


def said():
    """Texts of the package but for docstrings, and of the tools, whose are their help."""
    for path in [*(ROOT / 'mmpose_uda').rglob('*.py'), *(ROOT / 'tools').rglob('*.py')]:
        tree = ast.parse(path.read_text())
        left_out = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        if path.is_relative_to(ROOT / 'tools'):
            left_out.remove(tree.body[0].value)
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and node not in left_out:
                yield path, ' '.join(node.value.split())


def test_pages_are_named_by_their_titles():
    named = set()
    for path, text in said():
        assert not re.search(r'\b(docs|requirements|examples)/\w', text), (path, text)
        named |= set(re.findall("the page '(.*?)' of the documentation", text))
    assert {'Public data sets', 'Calibration of the verdict'} <= named <= TITLES
