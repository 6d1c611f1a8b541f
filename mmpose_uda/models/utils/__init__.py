from .attention_capture import capture_attention
from .batch_statistics import batch_norm_layers, running_statistics
from .bones import (
    Bones,
    bone_cosines,
    bone_lengths,
    joined_bones,
    keypoints_to_bones,
    keypoints_to_joints,
    lift_to_total,
    mirrored_bones,
    relative_lengths,
)
from .compilation import uncompiled
from .constants import constant, constant_index
from .distributed import (
    average_buffers,
    gather_from_processes,
    mean_over_processes,
    sum_over_processes,
)
from .feature_capture import capture_features
from .gradient_reversal import reverse_gradient
from .masking import PatchMask, PatchMasking, hidden_pixels, pool_to_patches
from .memory_format import best_memory_format
from .pretrained import is_pretrained, start_of
from .sample_random import SampleRandom, sample_keys
from .style import match_statistics, pyramid_adain, pyramid_merge, pyramid_split
from .view_geometry import (
    between_cells,
    between_views,
    exact_product,
    stack_warp_mats,
    swap_where_mirrored,
    transform_points,
    turned_about_middle,
    warp_maps,
)
from .volume_sums import volume_sums

__all__ = [
    'Bones',
    'PatchMask',
    'PatchMasking',
    'SampleRandom',
    'average_buffers',
    'batch_norm_layers',
    'best_memory_format',
    'between_cells',
    'between_views',
    'bone_cosines',
    'bone_lengths',
    'capture_attention',
    'capture_features',
    'constant',
    'constant_index',
    'exact_product',
    'gather_from_processes',
    'hidden_pixels',
    'is_pretrained',
    'joined_bones',
    'keypoints_to_bones',
    'keypoints_to_joints',
    'lift_to_total',
    'match_statistics',
    'mean_over_processes',
    'mirrored_bones',
    'pool_to_patches',
    'pyramid_adain',
    'pyramid_merge',
    'pyramid_split',
    'relative_lengths',
    'reverse_gradient',
    'running_statistics',
    'sample_keys',
    'stack_warp_mats',
    'start_of',
    'sum_over_processes',
    'swap_where_mirrored',
    'transform_points',
    'turned_about_middle',
    'uncompiled',
    'volume_sums',
    'warp_maps',
]
