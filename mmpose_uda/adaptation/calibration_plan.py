"""The controlled runs by which the verdict is calibrated."""

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
"""Case -> what it changes in the config; others are changed elsewhere."""
WITH_SOURCE = ('with_source', 'mirrored_labels')

FIT, HELD_OUT = 'fit', 'held out'


@dataclass(frozen=True)
class Planned:
    """A run on each benchmark.

    Args:
        case (str): Which of :data:`CASES`.
        seed (int): Of the adaptation.
        half (str): 'fit' if it may fix thresholds, else 'held out'.
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
# What is made worse on purpose is in both halves, and so are adaptations that should work;
# some ways to make it worse are seen in one half only, as in life.
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

# What is done on each kind of target. Photographs are in both halves, with labels of other
# images: where a model of renders gains most, thresholds that saw only renders are wrong.
PLANS: dict[str, tuple[Planned, ...]] = dict(
    rendered=_RENDERED,
    photographs_to_fit=_each(FIT, 1, *_PHOTOGRAPHED),
    photographs_held_out=_each(HELD_OUT, 0, *_PHOTOGRAPHED),
)
