"""Overrides of a config, and whether they change anything."""

from collections.abc import Iterator
from typing import Any

from mmengine.config import Config

from mmpose_uda.config.names import read_names
from mmpose_uda.errors import UserError
from mmpose_uda.near_names import closest


def merge(cfg: Config, options: dict[str, Any]) -> None:
    """Merge overrides into a config.

    Args:
        cfg (Config): It is changed.
        options (dict): Dotted key -> value.

    Raises:
        UserError: One names what the config does not have, or changes nothing that is
            read.
    """
    known = {*cfg.keys(), *read_names()}
    for key in options:
        name = key.split('.')[0]
        if name not in known:
            raise UserError(
                f'--cfg-options {key} changes nothing, because the config has no '
                f'`{name}`: {closest(name, known)}.'
            )
    before = cfg.to_dict()
    try:
        cfg.merge_from_dict(options)
    except (KeyError, TypeError) as error:
        raise UserError(
            f'--cfg-options does not fit the config: {error.args[0]}; correct the key.'
        ) from error
    for key in options:
        _refuse_if_copied(key, before, cfg.to_dict())


def _refuse_if_copied(key: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Refuse an option that changes a variable whose value is elsewhere by now.

    A config's text copies its variables to where they are read; what is merged later does
    not reach those places.

    Raises:
        UserError: The variable is such a one; it names the places.
    """
    name, *rest = key.split('.')
    if name in read_names() or before.get(name) == after.get(name):
        return
    copies = list(_places(before, name, before.get(name)))
    if copies:
        keys = '.'.join(['', *rest])
        shown = ' and '.join(f'`{place}{keys}`' for place in copies[:3])
        raise UserError(
            f'--cfg-options {key} changes nothing that is read: `{name}` was copied when '
            f'the config was read; change {shown}.'
        )


def _places(content: dict[str, Any], name: str, value: Any) -> Iterator[str]:
    """Dotted keys of what the runner reads that hold a value, in order."""
    # numbers are equal by chance
    is_telling = isinstance(value, (dict, list, tuple, str)) and value

    def search(node: Any, path: str) -> Iterator[str]:
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        for key, child in pairs:
            own = f'{path}.{key}'
            if child == value and (is_telling or key == name):
                yield own
            elif isinstance(child, (dict, list, tuple)):
                yield from search(child, own)

    for top in read_names() & set(content):
        if isinstance(content[top], (dict, list, tuple)):
            if content[top] == value and is_telling:
                yield top
            else:
                yield from search(content[top], top)
