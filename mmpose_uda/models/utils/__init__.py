from .attention_capture import capture_attention
from .keypoint_distribution import AxisDistribution, KeypointDistributions, crop_axis
from .masking import PatchMask, PatchMasking, pool_to_patches
from .style import haar_merge, haar_split, match_statistics, wavelet_adain
from .view_geometry import (
    between_views,
    stack_warp_mats,
    swap_where_mirrored,
    transform_points,
    warp_maps,
)

__all__ = [
    'AxisDistribution',
    'KeypointDistributions',
    'PatchMask',
    'PatchMasking',
    'between_views',
    'capture_attention',
    'crop_axis',
    'haar_merge',
    'haar_split',
    'match_statistics',
    'pool_to_patches',
    'stack_warp_mats',
    'swap_where_mirrored',
    'transform_points',
    'warp_maps',
    'wavelet_adain',
]
