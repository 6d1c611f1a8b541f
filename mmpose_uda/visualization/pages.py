"""Self-contained HTML pages."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from mmpose_uda.templates import fill_page

# Text is dark on light or light on dark, as the reader's system prefers. The two models are
# blue and orange from Okabe and Ito's set, which colour-blind readers can distinguish, in
# shades that contrast with both backgrounds, and one curve is dashed.
_STYLE = 'report.css'
_TEMPLATES = Path(__file__).parent / 'templates'


def render_page(template: str, **content: Any) -> str:
    """Render a page as text, including its style sheet.

    Args:
        template (str): Name of the file in ``templates``.
        **content (Any): Values of the names in it. Text is escaped, markup is not.

    Raises:
        jinja2.UndefinedError: The template has a name that is not in ``content``.
    """
    style = Markup((_TEMPLATES / _STYLE).read_text('utf-8'))
    return fill_page(_TEMPLATES / template, style=style, **content)
