"""The controlled runs that calibrate the verdict."""

from dataclasses import dataclass
from typing import Any

CASES: dict[str, dict[str, Any]] = dict(
    source_free={},
    with_source={},
    nothing={'optim_wrapper.optimizer.lr': 1e-9},
    teacher_too_slow={'model.teacher.start_steps': 100_000},
    teacher_too_fast={'model.teacher.memory': None, 'model.teacher.momentum': 0.999},
    information_alone={
        'train_cfg.phases.0.parts': ['information'],
        'model.alignments.information': dict(
            type='InformationMaximization',
            loss=dict(type='InfoMaxLoss', mode='normalized', temperature=0.5),
        ),
    },
    wrong_target={},
    mirrored_labels={},
    learning_rate_x10={'optim_wrapper.optimizer.lr': 3e-3},
    too_few_images={},
)
"""Case -> config options that it changes; changes of the data are made in
:mod:`mmpose_uda.adaptation.calibration`."""
WITH_SOURCE = ('with_source', 'mirrored_labels')

FIT, HELD_OUT = 'fit', 'held out'


@dataclass(frozen=True)
class Planned:
    """A run to make on a benchmark.

    Args:
        case (str): One of :data:`CASES`.
        seed (int): Seed of the adaptation.
        half (str): 'fit' if thresholds may be fitted to it, else 'held out'.
    """

    case: str
    seed: int
    half: str


def _each(half: str, seed: int, *cases: str) -> tuple[Planned, ...]:
    return tuple(Planned(case, seed, half) for case in cases)


_EVERYWHERE = (
    'source_free',
    'learning_rate_x10',
    'with_source',
    'information_alone',
    'nothing',
    'mirrored_labels',
)
# Both halves have sabotaged adaptations and adaptations that should work. Some kinds of
# sabotage are only in one half, because real failures may be of kinds never seen before.
_RENDERED = (
    *_each(FIT, 0, *_EVERYWHERE, 'teacher_too_slow', 'wrong_target'),
    *_each(
        HELD_OUT,
        1,
        'source_free',
        'learning_rate_x10',
        'with_source',
        'mirrored_labels',
        'too_few_images',
    ),
)
_PHOTOGRAPHED = (*_EVERYWHERE, 'teacher_too_fast')

# The runs on each kind of target. Photographs are in both halves, with labels of different
# images: a model of renders gains most there, and thresholds fitted only to renders are
# wrong there.
PLANS: dict[str, tuple[Planned, ...]] = dict(
    rendered=_RENDERED,
    photographs_to_fit=_each(FIT, 1, *_PHOTOGRAPHED),
    photographs_held_out=_each(HELD_OUT, 0, *_PHOTOGRAPHED),
)
