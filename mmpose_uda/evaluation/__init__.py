"""Metrics of 2D and 3D pose: functions of arrays, and mmengine metrics over them."""

from .crop_pck_metric import CropPCK
from .functional import (
    crop_distances,
    crop_pck,
    mpjpe,
    n_mpjpe,
    pa_mpjpe,
    pa_pck_3d_auc,
    pck_3d,
    pck_3d_auc,
    pck_3d_mean,
    root_align,
    scale_align,
    similarity_align,
    st_mpjpe,
    to_crop,
)
from .hand_submission import HandSubmission
from .keypoint_groups import KEYPOINT_GROUPS
from .mpjpe_metric import RootAlignedMPJPE
from .root_placement import place_pose

__all__ = [
    'CropPCK',
    'HandSubmission',
    'KEYPOINT_GROUPS',
    'RootAlignedMPJPE',
    'crop_distances',
    'crop_pck',
    'mpjpe',
    'n_mpjpe',
    'pa_mpjpe',
    'pa_pck_3d_auc',
    'pck_3d',
    'pck_3d_auc',
    'pck_3d_mean',
    'place_pose',
    'root_align',
    'scale_align',
    'similarity_align',
    'st_mpjpe',
    'to_crop',
]
