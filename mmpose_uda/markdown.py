"""Markdown tables."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as text.

    Args:
        head (Sequence[str]): The titles of the columns.
        rows (Iterable[Sequence[str]]): The cells of each row, one per column.

    Returns:
        str: The head, the line below it and one line per row, each with its line ending.
    """
    lines = [head, ['---'] * len(head), *rows]
    return ''.join(f'| {" | ".join(line)} |\n' for line in lines)
