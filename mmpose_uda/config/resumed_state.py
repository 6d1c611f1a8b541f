"""Check that the state in a checkpoint belongs to the model that a config builds."""

import copy
import math
from collections.abc import Callable
from typing import Any

from mmengine.config import Config
from mmengine.logging import MessageHub
from mmengine.registry import MODELS, init_default_scope
from mmengine.runner.checkpoint import _load_checkpoint_to_model

from mmpose_uda.config.unfit_weights import unfit_weights
from mmpose_uda.errors import UserError


def check_state(cfg: Config, checkpoint: dict[str, Any], name: str) -> None:
    """Load the weights into a model that is discarded afterwards, and check the rest.

    mmengine would continue with random weights where those of the checkpoint do not fit,
    and find what else is wrong only after it has written to the work dir.

    Args:
        cfg (Config): The config of the run to resume.
        checkpoint (dict[str, Any]): With the keys of a run's checkpoint.
        name (str): Path of the checkpoint.

    Raises:
        UserError: Weights are missing, unknown, of other shapes or not tensors, or the rest
            is not what a run writes.
    """
    init_default_scope(cfg.get('default_scope', 'mmengine'))
    model = MODELS.build(_with_preprocessor(cfg))
    try:
        _load_checkpoint_to_model(model, checkpoint, strict=True)
    except RuntimeError as error:
        raise UserError(
            f'{name} does not fit the model of {cfg.filename} '
            f'({unfit_weights(str(error))}): resume with the config of its run, or '
            'begin without --resume.'
        ) from error
    parts = dict(
        optimizer=_check_optimizer,
        message_hub=MessageHub('resumed').load_state_dict,
        param_schedulers=_check_schedulers,
        meta=_check_meta,
    )
    for key, load in parts.items():
        _rehearse(load, checkpoint.get(key, []), f'`{key}` of {name}')


def _rehearse(load: Callable[[Any], None], state: Any, what: str) -> None:
    """Load a copy of a state; whatever is raised means that the content is wrong."""
    try:
        load(copy.deepcopy(state))
    except Exception as error:
        reason = error.__cause__ or error
        raise UserError(
            f'{what} is not what this run writes ({type(reason).__name__}: '
            f'{str(reason).rstrip(".")}): resume from an earlier checkpoint, with the '
            'config of its run.'
        ) from error


def _with_preprocessor(cfg: Config) -> dict[str, Any]:
    """The config of the model with its preprocessor, as the runner passes it."""
    shared = cfg.get('data_preprocessor')
    own = copy.deepcopy(cfg.model)
    return own if shared is None else {'data_preprocessor': copy.deepcopy(shared), **own}


def _check_optimizer(state: dict[str, Any]) -> None:
    several = [state] if 'param_groups' in state else list(state.values())
    for one in several:
        for group in one['param_groups']:
            if not math.isfinite(group['lr']):
                raise ValueError(f'the learning rate {group["lr"]} is not finite')
        if not one['param_groups'] or not isinstance(one['state'], dict):
            raise ValueError('it has no groups of parameters, or no state of them')
    if not several:
        raise ValueError('it is empty')


def _check_schedulers(states: Any) -> None:
    lists = states.values() if isinstance(states, dict) else [states]
    for state in (state for one in lists for state in one):
        if not isinstance(state['last_step'], int):
            raise ValueError(f'the last step is {state["last_step"]!r}')


def _check_meta(meta: dict[str, Any]) -> None:
    for key in ('iter', 'epoch', 'seed'):
        value = meta.get(key, 0)
        if not isinstance(value, int) or value < 0:
            raise ValueError(f'`{key}` is {value!r}')
