"""Read the text of a config that checkpoints keep, without running it."""

import ast
from typing import Any, Optional

from mmengine.config import Config

# The keys that determine what a run computes.
_READ = {
    'model',
    'optim_wrapper',
    'param_scheduler',
    'randomness',
    'train_cfg',
    'train_dataloader',
}
_SHOWN = 8


def read_text(text: str) -> Optional[dict[str, Any]]:
    """Return what a config that mmengine wrote assigns.

    ``Config.fromstring`` would run whatever code a checkpoint from a stranger has there.

    Args:
        text (str): Assignments of ``dict(...)``, lists, tuples, numbers and text.

    Returns:
        dict: Name -> value; None if the text holds anything else.
    """
    try:
        return {
            statement.targets[0].id: _value(statement.value)
            for statement in ast.parse(text).body
        }
    except (AttributeError, RecursionError, SyntaxError, TypeError, ValueError):
        return None


def differences(old: Any, new: Any, path: str = '') -> dict[str, tuple[Any, Any]]:
    """Return where two configs differ.

    Args:
        old (Any): Nested dicts and lists.
        new (Any): The same.
        path (str): The dotted key that they are under.

    Returns:
        dict[str, tuple[Any, Any]]: Dotted key -> the two values, None if one is missing.
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


def changes(old: dict[str, Any], cfg: Config) -> dict[str, tuple[Any, Any]]:
    """Return the differences from another config that change what a run computes.

    Args:
        old (dict[str, Any]): The other config, from :func:`read_text`.
        cfg (Config): The config of the run.

    Returns:
        dict[str, tuple[Any, Any]]: As from :func:`differences`.
    """
    before, now = _plain(old), _plain(cfg.to_dict())
    return {
        key: values
        for key, values in differences(before, now).items()
        if key.partition('.')[0] in _READ
    }


def in_words(found: dict[str, tuple[Any, Any]]) -> str:
    """Describe the first of :func:`changes`, and how many more there are."""
    shown = '; '.join(
        f'{key}: {before!r} before, {now!r} now'
        for key, (before, now) in list(found.items())[:_SHOWN]
    )
    return shown + (f'; and {len(found) - _SHOWN} more' if len(found) > _SHOWN else '')


def _plain(value: Any) -> Any:
    """Turn tuples into lists and other objects into text, as in the text of a config."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, type(None))) else str(value)


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
