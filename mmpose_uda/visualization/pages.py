"""HTML pages that need no other file."""

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

# Text is dark on light or light on dark as the reader's system prefers; the two colours of
# the models are blue and orange of Okabe and Ito's set, which colour-blind readers tell
# apart, in shades that stand out from both papers, and one curve is dashed.
_STYLE = 'report.css'
_TEMPLATES = Path(__file__).parent / 'templates'


def render_page(template: str, **content: Any) -> str:
    """A page as text, with its style sheet in it.

    Args:
        template (str): Name of the file in ``templates``.
        **content (Any): What stands for the names in it. Text is escaped, markup is not.

    Raises:
        jinja2.UndefinedError: The template has a name that is not in ``content``.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    page = environment.from_string(_read(template))
    return page.render(style=Markup(_read(_STYLE)), **content)


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text('utf-8')
