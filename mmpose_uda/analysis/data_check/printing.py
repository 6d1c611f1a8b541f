"""Print the report of a check on a terminal, or as plain text."""

import sys
from typing import Optional, TextIO

from rich.console import Console
from rich.table import Table

from mmpose_uda.analysis.data_check.findings import DataReport

_WIDTH = 160  # columns in a file or pipe, which have no width of their own
_NEVER = 'never'


def print_report(report: DataReport, stream: Optional[TextIO] = None) -> None:
    """Print the tables and remarks of a report, and the number of its problems.

    Args:
        report (DataReport): From :func:`check_data`.
        stream (TextIO, optional): Where to print; standard output by default.
    """
    stream = stream or sys.stdout
    console = Console(
        file=stream,
        width=None if stream.isatty() else _WIDTH,
        markup=False,  # paths may have brackets
        highlight=False,
        emoji=False,
    )
    console.print(_files(report, console))
    for table in (_facts(report, console), _visible(report, console)):
        if table.row_count:
            console.print()
            console.print(table)
    for remark in report.remarks:
        console.print()
        console.print(f'note: {remark}', soft_wrap=True)
    console.print()
    console.print(
        'Nothing is wrong.'
        if not report.problems
        else f'{len(report.problems)} problem{"s" * (len(report.problems) > 1)}:'
    )
    console.file.flush()


def _table(console: Console, *titles: str) -> Table:
    table = Table(header_style='bold')
    if not console.is_terminal:
        table.box = None
    for title in titles:
        table.add_column(title, overflow='fold')
    return table


def _files(report: DataReport, console: Console) -> Table:
    table = _table(console, 'needed by', 'what', 'path', 'state')
    for row in report.files:
        style = 'red' if row.state == 'missing' else None
        table.add_row(row.owner, row.what, row.path, row.state, style=style)
    return table


def _facts(report: DataReport, console: Console) -> Table:
    """Facts in rows, data sets in columns."""
    table = _table(console, 'data', *report.facts)
    names = dict.fromkeys(name for facts in report.facts.values() for name in facts)
    for name in names:
        table.add_row(name, *(facts.get(name, '') for facts in report.facts.values()))
    return table


def _visible(report: DataReport, console: Console) -> Table:
    """Keypoints in rows, labelled data sets in columns."""
    table = _table(console, 'keypoint visible, %', *report.visible)
    names = dict.fromkeys(name for own in report.visible.values() for name in own)
    for name in names:
        shares = (own.get(name) for own in report.visible.values())
        table.add_row(name, *map(_percent, shares))
    return table


def _percent(share: Optional[float]) -> str:
    if share is None:
        return ''
    return f'{100 * share:.1f}' if share else _NEVER
