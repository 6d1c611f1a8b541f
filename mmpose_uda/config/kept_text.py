"""The text of a config as it is kept in checkpoints, read without running it."""

import ast
from typing import Any, Optional


def read_text(text: str) -> Optional[dict[str, Any]]:
    """What a config that mmengine wrote assigns.

    ``Config.fromstring`` would run whatever a checkpoint of a stranger has there.

    Args:
        text (str): Assignments of ``dict(...)``, lists, tuples, numbers and text.

    Returns:
        dict: Name -> value; None where the text holds anything else.
    """
    try:
        return {
            statement.targets[0].id: _value(statement.value)
            for statement in ast.parse(text).body
        }
    except (AttributeError, RecursionError, SyntaxError, TypeError, ValueError):
        return None


def differences(old: Any, new: Any, path: str = '') -> dict[str, tuple[Any, Any]]:
    """Where two configs differ.

    Args:
        old (Any): Nested dicts and lists.
        new (Any): The same.
        path (str): The dotted key that they are under.

    Returns:
        dict[str, tuple[Any, Any]]: Dotted key -> the two values, None where there is none.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = [(key, old.get(key), new.get(key)) for key in {**old, **new}]
    elif isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        if len(old) != len(new):
            return {path: (old, new)}
        pairs = [(key, *both) for key, both in enumerate(zip(old, new))]
    else:
        return {} if old == new else {path: (old, new)}
    found = {}
    for key, first, second in pairs:
        found.update(differences(first, second, f'{path}.{key}' if path else str(key)))
    return found


def _value(node: ast.AST) -> Any:
    if isinstance(node, ast.Call):
        if node.func.id != 'dict':
            raise ValueError(f'a call of {node.func.id}')
        value = dict(*map(_value, node.args))
        value.update({one.arg: _value(one.value) for one in node.keywords})
        return value
    if isinstance(node, ast.Dict):
        return dict(zip(map(_value, node.keys), map(_value, node.values)))
    if isinstance(node, (ast.List, ast.Tuple)):
        values = map(_value, node.elts)
        return list(values) if isinstance(node, ast.List) else tuple(values)
    return ast.literal_eval(node)
