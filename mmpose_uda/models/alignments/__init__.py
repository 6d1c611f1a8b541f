from .attention_regularization import AttentionRegularization
from .base import Alignment
from .foreground_segmentation import ForegroundSegmentation
from .masked_reconstruction import MaskedReconstruction
from .mean_teacher import MeanTeacherConsistency

__all__ = [
    'Alignment',
    'AttentionRegularization',
    'ForegroundSegmentation',
    'MaskedReconstruction',
    'MeanTeacherConsistency',
]
