from . import (
    alignments,
    backbones,
    data_preprocessors,
    heads,
    losses,
    observation,
    pose_estimators,
    readers,
    style_networks,
    utils,
)

__all__ = [
    'alignments',
    'backbones',
    'data_preprocessors',
    'heads',
    'losses',
    'observation',
    'pose_estimators',
    'readers',
    'style_networks',
    'utils',
]
