"""Texts and pages that templates are filled in for."""

from pathlib import Path
from typing import Any, Callable

import jinja2


def fill_text(
    template: Path, filters: dict[str, Callable[[Any], str]] = {}, **values: Any
) -> str:
    """A text whose lines are those of a template, such as a config.

    Args:
        template (Path): A file for jinja2. Lines that only say what to do leave none.
        filters (dict[str, Callable]): What it may call beside jinja2's own filters.
        **values: What it names; a name without a value is a bug.
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
    """A page of HTML; what is filled in is escaped unless it is ``Markup``.

    Args:
        template (Path): A file for jinja2.
        **values: What it names; a name without a value is a bug.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(template.read_text('utf-8')).render(**values)
