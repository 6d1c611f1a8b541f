"""What mkdocs does not know: our docstrings, a notebook (``hooks`` of mkdocs.yml)."""

import json
import re
from pathlib import Path

from mkdocs.structure.files import File

_ROLE = re.compile(r':(?:class|func|meth|attr|data|mod|math):<code>~?([^<]*)</code>')


def on_files(files, config):
    """Make a page of the notebook, which is kept without outputs."""
    notebook = json.loads(Path(config.docs_dir, 'tour.ipynb').read_text('utf-8'))
    title, *rest = map(_shown, notebook['cells'])
    to_run = 'To run it, take [the notebook](tour.ipynb).'
    page = '\n\n'.join([title, to_run, *rest])
    files.append(File.generated(config, 'tour.md', content=page))
    return files


def _shown(cell):
    text = ''.join(cell['source'])
    return f'```python\n{text}\n```' if cell['cell_type'] == 'code' else text


def on_page_markdown(markdown, page, **kwargs):
    """Let links to the notebook lead to its page, but for the one there."""
    if page.file.src_uri == 'tour.md':
        return markdown
    return markdown.replace('](tour.ipynb)', '](tour.md)')


def on_page_content(html, **kwargs):
    """Show what Sphinx's roles name as plain code."""
    return _ROLE.sub(r'<code>\1</code>', html)
