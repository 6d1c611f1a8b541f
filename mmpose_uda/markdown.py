"""Tables of Markdown."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as text.

    Args:
        head (Sequence[str]): The titles of its columns.
        rows (Iterable[Sequence[str]]): The cells of each row, as many.

    Returns:
        str: A line for the head, one below it and one a row, each with its end of line.
    """
    lines = [head, ['---'] * len(head), *rows]
    return ''.join(f'| {" | ".join(line)} |\n' for line in lines)
