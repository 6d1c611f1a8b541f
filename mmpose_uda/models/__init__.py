from . import (
    alignments,
    backbones,
    data_preprocessors,
    heads,
    losses,
    pose_estimators,
    utils,
)

__all__ = [
    'alignments',
    'backbones',
    'data_preprocessors',
    'heads',
    'losses',
    'pose_estimators',
    'utils',
]
