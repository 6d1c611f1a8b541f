"""Transforms of pose samples."""

from .background import ReplaceBackground
from .boxes import RandomAffineBox, RandomResizedBox
from .formatting import PackPoseView
from .geometry import (
    FastRandomBBoxTransform,
    MirrorRightHand,
    RandomFlip3D,
    TopdownAffine3D,
)
from .loading import LoadPoseImage, LoadPoseMask
from .photometric import SeededAlbumentation
from .picture_edge import PictureEdge

__all__ = [
    'FastRandomBBoxTransform',
    'LoadPoseImage',
    'LoadPoseMask',
    'MirrorRightHand',
    'PackPoseView',
    'PictureEdge',
    'RandomAffineBox',
    'RandomFlip3D',
    'RandomResizedBox',
    'ReplaceBackground',
    'SeededAlbumentation',
    'TopdownAffine3D',
]
