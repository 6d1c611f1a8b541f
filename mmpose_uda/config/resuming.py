"""Whether a checkpoint is one that a run can go on from."""

import logging
from typing import Any, Optional

from mmengine.config import Config
from mmengine.logging import print_log

from mmpose_uda.config.kept_text import differences, read_text
from mmpose_uda.errors import UserError
from mmpose_uda.finite_weights import require_finite
from mmpose_uda.safe_checkpoint import load_from_local

_NEEDED = ('state_dict', 'meta', 'optimizer', 'message_hub')
# What decides what a run computes.
_READ = {'model', 'optim_wrapper', 'param_scheduler', 'train_cfg', 'train_dataloader'}
_SHOWN = 8


def check_resumed(cfg: Config, seed: Optional[int]) -> None:
    """Refuse to go on from what is no checkpoint of this run.

    mmengine would take the seed of the checkpoint whatever ``--seed`` says, and the
    statistics of one optimizer for another's. Other differences are told in a warning.

    Args:
        cfg (Config): ``load_from`` is the checkpoint.
        seed (int, optional): The seed that was asked for.

    Raises:
        UserError: It is an export or bare weights, of another seed, optimizer or model, or
            its weights are not finite.
    """
    name = cfg.load_from
    checkpoint = load_from_local(name, 'cpu')
    _require_state(checkpoint, name)
    require_finite(
        checkpoint['state_dict'],
        name,
        'from which no training goes on: resume from an earlier checkpoint.',
    )
    meta = checkpoint['meta']
    if 'config' in meta:
        raise UserError(
            f'{name} has a `config` that mmengine would run: it is of an older program, or '
            'of a stranger, so begin from its weights without --resume.'
        )
    if seed is not None and meta.get('seed') not in (None, seed):
        raise UserError(
            f'{name} is of a run with seed {meta["seed"]}, and this is one with seed '
            f'{seed}: leave the seed out, or begin without --resume.'
        )
    old = read_text(meta.get('cfg') or '')
    if old:
        _compare(old, cfg.to_dict(), name)


def _require_state(checkpoint: dict[str, Any], name: str) -> None:
    lacking = [key for key in _NEEDED if not isinstance(checkpoint.get(key), dict)]
    if not lacking and not {'iter', 'epoch'} <= set(checkpoint['meta']):
        lacking = ['iter']
    if not lacking:
        return
    exported = (checkpoint.get('meta') or {}).get('exported')
    what = f'the export of a {exported}' if exported else 'weights alone'
    raise UserError(
        f'{name} is {what} (it has no `{lacking[0]}`), and a run goes on from one of its '
        'own checkpoints: to begin with these weights, leave --resume out and write '
        '--cfg-options load_from=FILE.'
    )


def _compare(old: dict[str, Any], new: dict[str, Any], name: str) -> None:
    """Refuse another optimizer or model, and tell what else is another."""
    found = {
        key: values
        for key, values in differences(_plain(old), _plain(new)).items()
        if key.partition('.')[0] in _READ
    }
    for key, (before, now) in found.items():
        is_optimizer = key == 'optim_wrapper.optimizer.type'
        is_part = key.startswith('model.') and key.endswith('.type')
        if (is_optimizer or is_part) and None not in (before, now):
            raise UserError(
                f'{name} is of a run with {key}={before}, and this is one with '
                f'{key}={now}: resume with the config of that run, or begin without '
                '--resume.'
            )
    if found:
        shown = '; '.join(
            f'{key}: {before!r} before, {now!r} now'
            for key, (before, now) in list(found.items())[:_SHOWN]
        )
        more = f'; and {len(found) - _SHOWN} more' if len(found) > _SHOWN else ''
        print_log(
            f'The config is not that of {name} ({shown}{more}): the run goes on with what '
            'it says now.',
            'current',
            logging.WARNING,
        )


def _plain(value: Any) -> Any:
    """Lists for tuples and text for what is neither, as a text of a config has it."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, type(None))) else str(value)
