"""Data sets, their transforms and samplers."""

from mmpose_uda.metainfo import ANIMAL14, ANIMAL18, HAND21, HUMAN16, HUMAN17

from .collate import collate_views
from .image_folder import UnlabelledImageFolder
from .mmpose_hand import MMPoseHand
from .pose_dataset import PoseDataset
from .published import *  # noqa: F401, F403
from .samplers import EpochDrawSampler, InfiniteDrawSampler
from .source_target import SourceTargetDataset
from .stock_annotations import look_through_stock_files
from .transforms import *  # noqa: F401, F403

look_through_stock_files()

__all__ = [
    'ANIMAL14',
    'ANIMAL18',
    'EpochDrawSampler',
    'HAND21',
    'HUMAN16',
    'HUMAN17',
    'InfiniteDrawSampler',
    'MMPoseHand',
    'PoseDataset',
    'SourceTargetDataset',
    'UnlabelledImageFolder',
    'collate_views',
]
