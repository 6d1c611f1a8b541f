"""Lay out the text of a config, as yapf does for mmengine but seconds faster."""

import ast
import functools
from typing import NamedTuple

_WIDTH = 79
_INDENT = 4


class _Value(NamedTuple):
    """A value on one line, and the pieces that it can be broken into, if any."""

    flat: str
    opening: str = ''
    items: tuple[tuple[str, '_Value'], ...] = ()
    closing: str = ''


@functools.lru_cache(maxsize=8)  # a run lays out the same text several times
def lay_out(text: str) -> str:
    """Lay out assignments of plain values; a value that fits on one line is kept there.

    Args:
        text (str): Code as mmengine's ``Config.pretty_text`` builds it.

    Returns:
        str: Code that assigns the same values.

    Raises:
        SyntaxError: The text is not Python.
    """
    lines = []
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign):
            names = ''.join(f'{ast.unparse(name)} = ' for name in statement.targets)
            lines += _lines(names, _value(statement.value), '', 0)
        else:
            lines.append(ast.unparse(statement))
    return '\n'.join([*lines, ''])


def _lines(before: str, value: _Value, after: str, indent: int) -> list[str]:
    margin = ' ' * indent
    flat = f'{margin}{before}{value.flat}{after}'
    if len(flat) <= _WIDTH or not value.items:
        return [flat]
    lines = [f'{margin}{before}{value.opening}']
    for name, item in value.items:
        lines += _lines(name, item, ',', indent + _INDENT)
    return [*lines, f'{margin}{value.closing}{after}']


def _value(node: ast.expr) -> _Value:
    if isinstance(node, ast.Constant):
        return _Value(repr(node.value))
    if isinstance(node, ast.Call) and not node.args:
        called = ast.unparse(node.func)
        items = [
            (f'{keyword.arg}=' if keyword.arg else '**', _value(keyword.value))
            for keyword in node.keywords
        ]
        return _broken(f'{called}(', items, ')')
    if isinstance(node, ast.Dict) and None not in node.keys:
        items = [
            (f'{_value(key).flat}: ', _value(value))
            for key, value in zip(node.keys, node.values)
        ]
        return _broken('{', items, '}')
    if isinstance(node, ast.List):
        return _broken('[', [('', _value(item)) for item in node.elts], ']')
    if isinstance(node, ast.Tuple):
        closing = ',)' if len(node.elts) == 1 else ')'
        return _broken('(', [('', _value(item)) for item in node.elts], closing)
    return _Value(ast.unparse(node))


def _broken(opening: str, items: list[tuple[str, _Value]], closing: str) -> _Value:
    inside = ', '.join(f'{name}{value.flat}' for name, value in items)
    # every item on a line of its own ends in a comma
    return _Value(f'{opening}{inside}{closing}', opening, tuple(items), closing[-1])
