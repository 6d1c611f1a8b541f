"""What the parts read off a head: one reader per kind of head."""

from .base import HeadOutputs, HeadReader
from .crop_size import crop_size
from .dsnt import DSNTReader
from .heatmap import HeatmapReader
from .integral import IntegralReader
from .keypoint_distribution import (
    AxisDistribution,
    HeatmapDistributions,
    KeypointDistributions,
    PoseDistributions,
    crop_axis,
)
from .registry import READERS, find_reader, fitting_heads
from .regressed_points import RegressedPoints
from .regressed_poses import RegressedPoses, root_relative
from .rle import RLEReader
from .simcc import SimCCReader
from .soft_weights import LossTerm, Weighing, find_weighings

__all__ = [
    'AxisDistribution',
    'DSNTReader',
    'HeadOutputs',
    'HeadReader',
    'HeatmapDistributions',
    'HeatmapReader',
    'IntegralReader',
    'KeypointDistributions',
    'LossTerm',
    'PoseDistributions',
    'READERS',
    'RLEReader',
    'RegressedPoints',
    'RegressedPoses',
    'SimCCReader',
    'Weighing',
    'crop_axis',
    'crop_size',
    'find_reader',
    'find_weighings',
    'fitting_heads',
    'root_relative',
]
