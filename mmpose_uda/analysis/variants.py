"""Derive the trainings that a method is compared with from its config.

By construction, controls, the oracle, and the method with parts added or left out have the
same network, optimiser, data and number of student steps.
"""

import copy
from dataclasses import dataclass, field
from typing import Any, Iterator

from mmengine.config import Config, ConfigDict

from mmpose_uda.analysis.lengths import lengthened, split_length
from mmpose_uda.analysis.source_free import (
    SOURCE_FREE,
    SOURCE_START,
    first_adapting,
    source_free_config,
    source_free_variants,
    start_phases,
)
from mmpose_uda.config import require_phases
from mmpose_uda.errors import UserError

SUPERVISED = 'supervised'
# What a part may consist of, besides alignments of the model
STYLE, BACKGROUND, TARGET_STATISTICS = 'style', 'background', 'target_statistics'
_HOOKS = {'AdaINStyleHook': STYLE, 'TargetStatisticsHook': TARGET_STATISTICS}
_TRANSFORMS = {'ReplaceBackground': BACKGROUND}

# Each control and the pipeline of the config that it uses for the source
CONTROLS = dict(source_weak='weak_source', source_strong='strong_source')


@dataclass(frozen=True)
class Part:
    """A part that an ablation adds on its own and leaves out.

    Args:
        elements (list[str]): The elements of the config that it consists of: alignments of
            the phases, 'style' (AdaINStyleHook), 'background' (ReplaceBackground) and
            'target_statistics' (TargetStatisticsHook).
        needs (list[str]): The parts that it refines. When trained on its own it includes
            them, and it is left out if one of them is. A part with only needs is their
            sum, which can be trained on its own but not be left out.
        without (dict[str, Any]): Dotted key of the config -> its value without the part.
    """

    elements: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    without: dict[str, Any] = field(default_factory=dict)

    @property
    def is_sum(self) -> bool:
        """Whether it consists only of other parts."""
        return not self.elements and not self.without


@dataclass(frozen=True)
class Extra:
    """A part that a method does not have, which an ablation adds to it.

    Args:
        needs (list[str]): Parts of ``ablation_parts`` that it refines. When trained on its
            own it includes them. It is active in the phases in which all their alignments
            are. May be empty if there are only options, such as another start.
        alignments (dict[str, dict]): Name -> config of the alignments that it adds.
        options (dict[str, Any]): Dotted key of the config -> its value with the extra.
    """

    needs: list[str] = field(default_factory=list)
    alignments: dict[str, dict] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


def ablated_parts(cfg: Config) -> dict[str, Part]:
    """Return the parts of a method by name.

    They are read from the config's ``ablation_parts``, each given as a dict of the fields
    of :class:`Part` or as a list of its elements. Without ``ablation_parts``, each element
    is a part.

    Raises:
        UserError: ``ablation_parts`` names something that the config does not have, or the
            config does not train in phases.
    """
    require_phases(cfg)
    elements = list(_elements(cfg))
    listed = cfg.get('ablation_parts') or {element: [element] for element in elements}
    parts = {
        name: Part(**part) if isinstance(part, dict) else Part(elements=list(part))
        for name, part in listed.items()
    }
    for name, part in parts.items():
        for known, used in ((elements, part.elements), (list(parts), part.needs)):
            for one in used:
                if one not in known:
                    raise UserError(
                        f'`ablation_parts` of {cfg.filename} has {one!r} in {name!r}, '
                        f'which the config does not use: choose from {", ".join(known)}.'
                    )
    return parts


def ablation_extras(cfg: Config) -> dict[str, Extra]:
    """Return the extras that an ablation adds to a method by name.

    They are read from the config's ``ablation_extras``, each given as a dict of the fields
    of :class:`Extra`; None removes one that a base config defines.

    Raises:
        UserError: An extra is empty, has alignments but needs no part, needs a part that
            ``ablation_parts`` does not have, or has the name of a part.
    """
    parts = ablated_parts(cfg)
    listed = cfg.get('ablation_extras') or {}
    extras = {name: Extra(**extra) for name, extra in listed.items() if extra is not None}
    for name, extra in extras.items():
        unknown = [need for need in extra.needs if need not in parts]
        is_lost = not extra.needs and (extra.alignments or not extra.options)
        if name in parts or unknown or is_lost:
            raise UserError(
                f'`ablation_extras` of {cfg.filename} has {name!r}, which needs '
                f'{list(extra.needs)}: let it need some of the parts {", ".join(parts)}, '
                'and give it a name that differs from theirs.'
            )
    return extras


def variant_names(cfg: Config) -> list[str]:
    """Controls, each part on its own, the method, the method without each part, the oracle.

    Each extra appears twice: on its own after the parts, and added to the method.
    """
    parts, extras = ablated_parts(cfg), ablation_extras(cfg)
    return [
        *CONTROLS,
        *(f'only_{name}' for name in (*parts, *extras)),
        'full',
        *(f'without_{name}' for name, part in parts.items() if not part.is_sum),
        *(f'with_{name}' for name in extras),
        'oracle',
    ]


def variant_config(cfg: Config, name: str) -> Config:
    """Return a copy of a config turned into a variant.

    - 'source_weak' and 'source_strong' are supervised on the source, augmented by the
      config's ``weak_source`` and ``strong_source`` without transforms that read target
      images.
    - 'oracle' is supervised on the target's data and labels with the method's own
      augmentation.
    - 'only_<part>' adds a part to supervision on the source with that augmentation.
    - 'without_<part>' removes a part from the method, 'with_<extra>' adds an extra.
    - 'source_start' is the model that the method's adaptation starts from, trained only on
      the source, and 'source_free' is its adaptation without the source.

    The suffix '_x3' of any but 'source_start' means three times the adaptation steps
    (:func:`lengthened`).

    Args:
        cfg (Config): Config of a benchmark: phases, source and target data, and the
            pipelines of the controls.
        name (str): One of :func:`variant_names` or of :func:`source_free_variants`,
            optionally with a length.

    Raises:
        UserError: The name is unknown, or the config lacks the pipeline of a control.
    """
    names = [*variant_names(cfg), *source_free_variants(cfg)]
    variant, times = split_length(name)
    before = first_adapting(cfg)
    has_lengths = before is not None and variant != SOURCE_START
    if times > 1 and variant in names and has_lengths:
        return variant_config(lengthened(cfg, times, before), variant)
    if name not in names:
        raise UserError(f'There is no variant {name!r}: use {", ".join(names)}.')
    if name == SOURCE_FREE:
        return source_free_config(cfg)
    derived = copy.deepcopy(cfg)
    parts = ablated_parts(cfg)
    if name in CONTROLS:
        derived.train_dataloader.dataset.views.source = _control_pipeline(cfg, name)
    kept = _kept_parts(parts, ablation_extras(cfg), name)
    keep_only(derived, _kept_elements(cfg, parts, kept, name))
    for part in parts.keys() - kept:
        derived.merge_from_dict(parts[part].without)
    if name == SOURCE_START:
        derived.train_cfg.phases = derived.train_cfg.phases[: start_phases(cfg)]
    extra = ablation_extras(cfg).get(_added(name))
    if extra is not None:
        _add_extra(derived, extra, parts)
    dataset = derived.train_dataloader.dataset
    if name == 'oracle':
        require_3d = dataset.source.get('require_3d', False)
        dataset.source = copy.deepcopy(dataset.target)
        dataset.source.update(labels=True, require_3d=require_3d)
    return derived


def _added(variant: str) -> str:
    """Name of the part or extra that a variant adds; '' for none."""
    how, _, name = variant.partition('_')
    return name if how in ('only', 'with') else ''


def _add_extra(cfg: Config, extra: Extra, parts: dict[str, Part]) -> None:
    cfg.merge_from_dict(copy.deepcopy(extra.options))
    cfg.model.alignments.update(copy.deepcopy(extra.alignments))
    needed = set().union(*(parts[name].elements for name in extra.needs))
    needed &= set(cfg.model.alignments)
    for phase in cfg.train_cfg.phases:
        if needed <= set(phase.parts):
            phase.parts = [*phase.parts, *extra.alignments]


def keep_only(cfg: Config, elements: set[str]) -> None:
    """Remove all elements from a config except the given ones, in place.

    A phase that loses all its parts becomes supervised, so that the number of student
    steps does not change.
    """
    for phase in cfg.train_cfg.phases:
        kept = [part for part in phase.parts if part in {SUPERVISED, *elements}]
        phase.parts = kept or [SUPERVISED]
    cfg.custom_hooks = [h for h in cfg.custom_hooks if _stays(h, _HOOKS, elements)]
    views = cfg.train_dataloader.dataset.views
    views.source = [t for t in views.source if _stays(t, _TRANSFORMS, elements)]


def _control_pipeline(cfg: Config, control: str) -> list[dict]:
    key = CONTROLS[control]
    if key not in cfg:
        raise UserError(
            f'The control {control!r} augments the source by the pipeline `{key}`, which '
            f'{cfg.filename} lacks: add that pipeline, or choose other variants.'
        )
    return copy.deepcopy(cfg[key])


def _kept_parts(parts: dict[str, Part], extras: dict[str, Extra], variant: str) -> set[str]:
    """Names of the parts that a variant has."""
    if variant == 'full' or variant.startswith('with_'):
        return set(parts)
    if variant.startswith('only_'):
        name = variant.removeprefix('only_')
        alone = extras[name].needs if name in extras else [name]
        return set().union(*(_with_needs(parts, one) for one in alone))
    if variant.startswith('without_'):
        left_out = variant.removeprefix('without_')
        return {name for name in parts if left_out not in _with_needs(parts, name)}
    return set()


def _with_needs(parts: dict[str, Part], name: str) -> set[str]:
    return {name}.union(*(_with_needs(parts, need) for need in parts[name].needs))


def _kept_elements(
    cfg: Config, parts: dict[str, Part], kept: set[str], variant: str
) -> set[str]:
    elements = set().union(*(parts[name].elements for name in kept))
    if variant == 'full' or variant.startswith(('without_', 'with_')):
        # elements that belong to no part are always part of the method
        in_none = set(_elements(cfg)).difference(*(p.elements for p in parts.values()))
        return elements | in_none
    return elements


def _elements(cfg: Config) -> Iterator[str]:
    """Yield all elements that a config uses, in its order, each once."""
    found = [part for phase in cfg.train_cfg.phases for part in phase.parts]
    for kinds, used in (
        (_HOOKS, cfg.custom_hooks),
        (_TRANSFORMS, cfg.train_dataloader.dataset.views.source),
    ):
        found += [kinds[config.type] for config in used if config.type in kinds]
    yield from dict.fromkeys(part for part in found if part != SUPERVISED)


def _stays(config: ConfigDict, kinds: dict[str, str], elements: set[str]) -> bool:
    return config.type not in kinds or kinds[config.type] in elements
