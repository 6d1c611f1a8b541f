"""Merge overrides into a config, and refuse those that change nothing."""

from collections.abc import Sequence
from typing import Any

from mmengine.config import Config

from mmpose_uda.config.copied import places_of_copies
from mmpose_uda.config.names import imported_modules, read_names, runner_names
from mmpose_uda.errors import UserError
from mmpose_uda.near_names import closest

_SHOWN = 3  # places


def merge(cfg: Config, options: dict[str, Any]) -> None:
    """Merge overrides into a config.

    Args:
        cfg (Config): Changed in place.
        options (dict): Dotted key -> value.

    Raises:
        UserError: An override names something that the config does not have, or changes
            nothing that is read.
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
    after = cfg.to_dict()
    for key in options:
        _refuse_without_effect(key, before, after)
    _refuse_half_a_move(before, after)


def _refuse_without_effect(key: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Refuse an option that changes a variable that nothing reads.

    A config's text copies its variables to where they are read; what is merged later does
    not reach those places. Only modules that the config imports may read the variables.

    Raises:
        UserError: Nothing reads the variable; the message names the places to change.
    """
    name = key.split('.')[0]
    if name in read_names() or before.get(name) == after.get(name):
        return
    read = _read(before)
    copies = places_of_copies(key, before, read)
    if copies:
        raise UserError(
            f'--cfg-options {key} changes nothing that is read: `{name}` was copied when '
            f'the config was read; change {_listed(copies)}.'
        )
    if set(imported_modules(before)) <= {'mmpose_uda'}:
        equal = places_of_copies(key, before, read, by_chance=True)
        named = (
            f'{_listed(equal)} with the same value' if equal else '`train_cfg.max_iters`'
        )
        raise UserError(
            f'--cfg-options {key} changes nothing that is read: name what to change by '
            f'its own key, such as {named}.'
        )


def _refuse_half_a_move(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Refuse to make built-in data in a folder that they are not loaded from.

    Raises:
        UserError: The folder was changed, but paths in it were not.
    """
    roots = [(values.get('builtin_data') or {}) for values in (before, after)]
    old, new = [one.get('root') if isinstance(one, dict) else None for one in roots]
    if old == new or not (isinstance(old, str) and isinstance(new, str)):
        return  # no data are made, or none were before
    read = _read(after)
    del read['builtin_data']
    left = places_of_copies('builtin_data.root', before, read)
    if left:
        raise UserError(
            f'--cfg-options builtin_data.root makes the data in {new}, but they are still '
            f'loaded from {old}: change {_listed(left)} too.'
        )


def _read(content: dict[str, Any]) -> dict[str, Any]:
    """What is read of a config: first by the runner, then by this package only."""
    names = [*sorted(runner_names()), *sorted(read_names() - runner_names())]
    return {name: content[name] for name in names if name in content}


def _listed(places: Sequence[str]) -> str:
    """The first of several keys, as text."""
    shown = ' and '.join(f'`{place}`' for place in places[:_SHOWN])
    more = len(places) - _SHOWN
    return f'{shown} and {more} more' if more > 0 else shown
