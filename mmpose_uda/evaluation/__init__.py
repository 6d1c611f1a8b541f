"""Metrics of 2D and 3D pose: functions of arrays, and mmengine metrics over them."""

from .functional import (
    crop_distances,
    crop_pck,
    mpjpe,
    n_mpjpe,
    pa_mpjpe,
    pck_3d,
    pck_3d_auc,
    root_align,
    scale_align,
    similarity_align,
    to_crop,
)
from .metrics import CropPCK, RootAlignedMPJPE

__all__ = [
    'CropPCK',
    'RootAlignedMPJPE',
    'crop_distances',
    'crop_pck',
    'mpjpe',
    'n_mpjpe',
    'pa_mpjpe',
    'pck_3d',
    'pck_3d_auc',
    'root_align',
    'scale_align',
    'similarity_align',
    'to_crop',
]
