"""The trainings that a gain from adaptation must be measured against.

Each control is derived from the config of the method itself, so network, optimiser, number
of student steps and data are the same by construction.
"""

import copy
from typing import Callable

from mmengine.config import Config

from mmpose_uda.errors import UserError


def full(cfg: Config) -> None:
    """The method as the config has it."""


def source_weak(cfg: Config) -> None:
    """Supervised on the source with the weak augmentation."""
    source_strong(cfg)
    cfg.train_dataloader.dataset.views.source = copy.deepcopy(cfg.weak_source)


def source_strong(cfg: Config) -> None:
    """Supervised on the source with the method's own augmentation of the student's views.

    What reads target images is left out: backgrounds and style of the target are parts of
    the method.
    """
    _supervised_only(cfg)
    views = cfg.train_dataloader.dataset.views
    views.source = [t for t in views.source if t.type != 'ReplaceBackground']
    cfg.custom_hooks = [h for h in cfg.custom_hooks if h.type != 'AdaINStyleHook']


def oracle(cfg: Config) -> None:
    """Supervised on the target with its labels: what adaptation could reach at best."""
    source_strong(cfg)
    dataset = cfg.train_dataloader.dataset
    dataset.source = copy.deepcopy(dataset.target)
    dataset.source.update(labels=True, require_3d=True)


CONTROLS: dict[str, Callable[[Config], None]] = dict(
    source_weak=source_weak,
    source_strong=source_strong,
    full=full,
    oracle=oracle,
)


def control_config(cfg: Config, name: str) -> Config:
    """A copy of ``cfg`` turned into a control.

    Args:
        cfg (Config): Config of a built-in benchmark: phases, source and target data, and a
            ``weak_source`` pipeline.
        name (str): A key of :data:`CONTROLS`.

    Raises:
        UserError: The name is unknown.
    """
    if name not in CONTROLS:
        raise UserError(f'There is no variant {name!r}: use {", ".join(CONTROLS)}.')
    derived = copy.deepcopy(cfg)
    CONTROLS[name](derived)
    return derived


def _supervised_only(cfg: Config) -> None:
    iters = sum(phase.iters for phase in cfg.train_cfg.phases)
    phase = dict(name='source', iters=iters, parts=['supervised'])
    cfg.train_cfg.phases = [phase]
