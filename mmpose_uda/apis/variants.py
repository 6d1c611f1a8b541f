"""The trainings that a method is compared with, made from its config.

Controls, the oracle, and the method with parts added or left out have the same network,
optimiser, data and number of student steps by construction.
"""

import copy
from typing import Iterator

from mmengine.config import Config, ConfigDict

from mmpose_uda.errors import UserError

SUPERVISED = 'supervised'
# What a part may consist of beside alignments of the model.
STYLE, BACKGROUND = 'style', 'background'
_HOOKS = {'AdaINStyleHook': STYLE}
_TRANSFORMS = {'ReplaceBackground': BACKGROUND}

CONTROLS = ('source_weak', 'source_strong')


def ablated_parts(cfg: Config) -> dict[str, list[str]]:
    """The parts of a method: name -> what it consists of.

    Of the config's ``ablation_parts``, or each for itself: the alignments of the phases,
    'style' (AdaINStyleHook) and 'background' (ReplaceBackground).

    Raises:
        UserError: ``ablation_parts`` names what the config does not have.
    """
    elements = list(_elements(cfg))
    parts = cfg.get('ablation_parts') or {element: [element] for element in elements}
    for name, needed in parts.items():
        for element in needed:
            if element not in elements:
                raise UserError(
                    f'`ablation_parts` of {cfg.filename} has {element!r} in {name!r}, '
                    f'which the config does not use: choose from {", ".join(elements)}.'
                )
    return {name: list(needed) for name, needed in parts.items()}


def variant_names(cfg: Config) -> list[str]:
    """Controls, each part alone, the method, the method without each part, the oracle."""
    parts = ablated_parts(cfg)
    return [
        *CONTROLS,
        *(f'only_{name}' for name in parts),
        'full',
        *(f'without_{name}' for name in parts),
        'oracle',
    ]


def variant_config(cfg: Config, name: str) -> Config:
    """A copy of a config turned into a variant.

    'source_strong' is supervised on the source with the method's own augmentation, but
    for what reads target images; 'source_weak' augments as the config's ``weak_source``;
    'oracle' is 'source_strong' with the target's data and labels in place of the source's;
    'only_<part>' adds a part to 'source_strong', 'without_<part>' takes one from the
    method.

    Args:
        cfg (Config): Config of a benchmark: phases, source and target data, and a
            ``weak_source`` pipeline.
        name (str): One of :func:`variant_names`.

    Raises:
        UserError: The name is unknown.
    """
    if name not in variant_names(cfg):
        raise UserError(
            f'There is no variant {name!r}: use {", ".join(variant_names(cfg))}.'
        )
    derived = copy.deepcopy(cfg)
    keep_only(derived, _kept_elements(cfg, name))
    dataset = derived.train_dataloader.dataset
    if name == 'source_weak':
        dataset.views.source = copy.deepcopy(cfg.weak_source)
    if name == 'oracle':
        require_3d = dataset.source.get('require_3d', False)
        dataset.source = copy.deepcopy(dataset.target)
        dataset.source.update(labels=True, require_3d=require_3d)
    return derived


def keep_only(cfg: Config, elements: set[str]) -> None:
    """Leave out of a config all alignments, styles and backgrounds but some.

    A phase that loses all its parts becomes supervised, so that the number of the
    student's steps stays what it was.
    """
    for phase in cfg.train_cfg.phases:
        kept = [part for part in phase.parts if part in {SUPERVISED, *elements}]
        phase.parts = kept or [SUPERVISED]
    cfg.custom_hooks = [h for h in cfg.custom_hooks if _stays(h, _HOOKS, elements)]
    views = cfg.train_dataloader.dataset.views
    views.source = [t for t in views.source if _stays(t, _TRANSFORMS, elements)]


def _kept_elements(cfg: Config, name: str) -> set[str]:
    parts = ablated_parts(cfg)
    if name.startswith('only_'):
        return set(parts[name.removeprefix('only_')])
    if name.startswith('without_'):
        # what another part needs too stays
        left = {part for part in parts if part != name.removeprefix('without_')}
        others = set().union(*(parts[part] for part in left))
        in_none = set(_elements(cfg)) - set().union(*parts.values())
        return others | in_none
    return set(_elements(cfg)) if name == 'full' else set()


def _elements(cfg: Config) -> Iterator[str]:
    """All that a config uses, in its order, each once."""
    found = [part for phase in cfg.train_cfg.phases for part in phase.parts]
    for kinds, used in (
        (_HOOKS, cfg.custom_hooks),
        (_TRANSFORMS, cfg.train_dataloader.dataset.views.source),
    ):
        found += [kinds[config.type] for config in used if config.type in kinds]
    yield from dict.fromkeys(part for part in found if part != SUPERVISED)


def _stays(config: ConfigDict, kinds: dict[str, str], elements: set[str]) -> bool:
    return config.type not in kinds or kinds[config.type] in elements
