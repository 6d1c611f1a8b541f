"""Fill in templates of texts and pages."""

from pathlib import Path
from typing import Any, Callable

import jinja2


def fill_text(
    template: Path, filters: dict[str, Callable[[Any], str]] = {}, **values: Any
) -> str:
    """Fill in a template of a text, such as a config.

    Args:
        template (Path): A jinja2 template. Lines with only statements leave no line.
        filters (dict[str, Callable]): Filters for the template beside jinja2's own.
        **values: The names in the template; a name without a value is a bug.
    """
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(filters)
    return environment.from_string(template.read_text('utf-8')).render(**values)


def fill_page(template: Path, **values: Any) -> str:
    """Fill in a template of an HTML page; values are escaped unless they are ``Markup``.

    Args:
        template (Path): A jinja2 template.
        **values: The names in the template; a name without a value is a bug.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(template.read_text('utf-8')).render(**values)
