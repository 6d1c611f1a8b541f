"""Data sets, their transforms and samplers; ``builtin`` generates benchmarks."""

from .collate import collate_views
from .image_folder import UnlabelledImageFolder
from .metainfo import HAND21
from .pose_dataset import PoseDataset
from .samplers import InfiniteDrawSampler
from .source_target import SourceTargetDataset
from .transforms import *  # noqa: F401, F403

__all__ = [
    'HAND21',
    'InfiniteDrawSampler',
    'PoseDataset',
    'SourceTargetDataset',
    'UnlabelledImageFolder',
    'collate_views',
]
