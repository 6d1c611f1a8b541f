from . import (
    alignments,
    backbones,
    data_preprocessors,
    head_readers,
    heads,
    losses,
    pose_estimators,
    style_networks,
    utils,
)

__all__ = [
    'alignments',
    'backbones',
    'data_preprocessors',
    'head_readers',
    'heads',
    'losses',
    'pose_estimators',
    'style_networks',
    'utils',
]
