"""Draw poses, reconstructions and attention as BGR uint8 pictures."""

from .canvas import draw_text, grid, save_picture, strip, to_tile
from .data_sheet import Picture, data_sheet
from .predictions import prediction_picture
from .sheets import (
    comparison_sheet,
    hide_patches,
    mask_sheet,
    masked_modelling_sheet,
    pose_tiles,
)
from .skeleton import draw_pose_3d, draw_skeleton, pose_extent

__all__ = [
    'Picture',
    'comparison_sheet',
    'data_sheet',
    'draw_pose_3d',
    'draw_skeleton',
    'draw_text',
    'grid',
    'hide_patches',
    'mask_sheet',
    'masked_modelling_sheet',
    'pose_extent',
    'pose_tiles',
    'prediction_picture',
    'save_picture',
    'strip',
    'to_tile',
]
