"""Check that a run can resume from a checkpoint."""

import logging
from typing import Any, Optional

from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.runner import CheckpointLoader

from mmpose_uda.config.kept_text import changes, in_words, read_text
from mmpose_uda.config.resumed_state import check_state
from mmpose_uda.errors import UserError
from mmpose_uda.finite_weights import require_finite

_NEEDED = ('state_dict', 'meta', 'optimizer', 'message_hub')


def check_resumed(cfg: Config) -> None:
    """Refuse to resume from anything but a checkpoint of this run, before writing anything.

    mmengine would use the checkpoint's seed whatever the config says, too late for the
    order of the data, and load what fits. Other differences are reported in a warning.

    Args:
        cfg (Config): ``load_from`` is the checkpoint. A config without a seed gets the
            checkpoint's.

    Raises:
        UserError: The checkpoint is an export or bare weights, or is of another seed,
            optimizer or model, or its content is not finite or not what this run writes.
    """
    name = cfg.load_from
    checkpoint = CheckpointLoader.load_checkpoint(name, 'cpu')
    _require_state(checkpoint, name)
    require_finite(
        checkpoint['state_dict'],
        name,
        'from which no training can go on: resume from an earlier checkpoint.',
    )
    meta = checkpoint['meta']
    if 'config' in meta:
        raise UserError(
            f'{name} has a `config` that mmengine would run: it is from an older program '
            'or from a stranger, so begin from its weights without --resume.'
        )
    text = meta.get('cfg')
    old = read_text(text) if isinstance(text, str) else None
    _take_seed(cfg, meta.get('seed'), old or {}, name)
    if old:
        # mmengine draws one if the config has none
        old['randomness'] = {**(old.get('randomness') or {}), 'seed': meta.get('seed')}
    found = changes(old, cfg) if old else {}
    _refuse_other_parts(found, name)
    check_state(cfg, checkpoint, name)
    if found:
        print_log(
            f'The config differs from that of {name} ({in_words(found)}): the run goes on '
            'with the present one.',
            'current',
            logging.WARNING,
        )


def _take_seed(cfg: Config, seed: Optional[int], old: dict[str, Any], name: str) -> None:
    """Let a run that was begun with ``--seed`` resume without it."""
    randomness = cfg.get('randomness') or {}
    asked = randomness.get('seed')
    if None not in (asked, seed) and asked != seed:
        raise UserError(
            f'{name} is of a run with seed {seed}, and this is one with seed {asked}: '
            f'resume with --seed {seed}, or begin without --resume.'
        )
    if seed is None or asked is not None:
        return
    cfg.randomness = dict(randomness, seed=seed)
    dataset = (old.get('train_dataloader') or {}).get('dataset') or {}
    if dataset.get('seed') == seed:
        cfg.train_dataloader.dataset.seed = seed


def _require_state(checkpoint: dict[str, Any], name: str) -> None:
    lacking = [key for key in _NEEDED if not isinstance(checkpoint.get(key), dict)]
    lacking = lacking or [key for key in ('iter', 'epoch') if key not in checkpoint['meta']]
    if not lacking:
        return
    meta = checkpoint.get('meta')
    exported = meta.get('exported') if isinstance(meta, dict) else None
    what = f'the export of a {exported}' if exported else 'only weights'
    raise UserError(
        f'{name} is {what} (it has no `{lacking[0]}`), but a run goes on from one of its '
        'own checkpoints: to begin with these weights, leave --resume out and write '
        '--cfg-options load_from=FILE.'
    )


def _refuse_other_parts(found: dict[str, tuple[Any, Any]], name: str) -> None:
    """Refuse a checkpoint of another type of optimizer or model."""
    for key, (before, now) in found.items():
        is_optimizer = key == 'optim_wrapper.optimizer.type'
        is_part = key.startswith('model.') and key.endswith('.type')
        if (is_optimizer or is_part) and None not in (before, now):
            raise UserError(
                f'{name} is of a run with {key}={before}, and this is one with '
                f'{key}={now}: resume with the config of that run, or begin without '
                '--resume.'
            )
