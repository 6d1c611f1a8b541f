"""What mkdocs does not know of our docstrings (``hooks`` of mkdocs.yml)."""

import re

_ROLE = re.compile(r':(?:class|func|meth|attr|data|mod|math):<code>~?([^<]*)</code>')


def on_page_content(html, **kwargs):
    """Show what Sphinx's roles name as plain code."""
    return _ROLE.sub(r'<code>\1</code>', html)
