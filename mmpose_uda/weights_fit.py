"""Refuse initial weights that do not belong to the model.

mmengine loads what fits, and continues with random weights if nothing does.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from . import safe_checkpoint
from .errors import UserError


def refusing_misfits(load: Callable) -> Callable:
    """Wrap mmengine's ``load_state_dict`` so that it raises an error if no weight fits.

    If only some fit, mmengine itself lists the misfits in a warning.
    """

    @functools.wraps(load)
    def load_what_fits(
        module: nn.Module, state_dict: Mapping, strict: bool = False, logger: Any = None
    ) -> None:
        missing: list[str] = []
        # by then modules have renamed the keys that they know by other names
        handle = module.register_load_state_dict_post_hook(
            lambda _, keys: missing.extend(keys.missing_keys)
        )
        try:
            load(module, state_dict, strict, logger)
        finally:
            handle.remove()
        if not strict:
            _require_fit(module, state_dict, set(missing))

    return load_what_fits


def _require_fit(module: nn.Module, state_dict: Mapping, missing: set[str]) -> None:
    own = module.state_dict()
    fitting = [
        key
        for key, value in own.items()
        if key not in missing
        and getattr(state_dict.get(key, value), 'shape', None) == value.shape
    ]
    # if only counters fit, no weight does
    if own and not any(own[key].is_floating_point() for key in fitting):
        raise UserError(
            f'None of the {len(state_dict)} weights of {safe_checkpoint.last_read()} fits '
            f'the {type(module).__name__} ({_first(state_dict)} there, {_first(own)} '
            'here): name a file that was made for it, or the `prefix` of its part in the '
            'file.'
        )


def _first(weights: Mapping) -> str:
    """The first key and its shape, or its type in layouts such as {'model': weights}."""
    for key, value in weights.items():
        shape = getattr(value, 'shape', None)
        return f'{key} {type(value).__name__ if shape is None else list(shape)}'
    return 'nothing'


def naming_prefixes(load: Callable) -> Callable:
    """Wrap mmengine's ``_load_checkpoint_with_prefix`` to report an unknown prefix."""

    @functools.wraps(load)
    def load_what_is_there(prefix: str, filename: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return load(prefix, filename, *args, **kwargs)
        except AssertionError as error:
            raise UserError(
                f'No weight of {filename} begins with {prefix!r}: correct the `prefix` of '
                'its `init_cfg`, or leave it out.'
            ) from error

    return load_what_is_there
