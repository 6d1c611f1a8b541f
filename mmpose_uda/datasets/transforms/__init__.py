"""Transforms of pose samples."""

from .background import ReplaceBackground
from .formatting import PackPoseView
from .geometry import FastRandomBBoxTransform, RandomFlip3D, TopdownAffine3D
from .loading import LoadPoseImage, LoadPoseMask
from .photometric import SeededAlbumentation

__all__ = [
    'FastRandomBBoxTransform',
    'LoadPoseImage',
    'LoadPoseMask',
    'PackPoseView',
    'RandomFlip3D',
    'ReplaceBackground',
    'SeededAlbumentation',
    'TopdownAffine3D',
]
