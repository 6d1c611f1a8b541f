from .attention_regularization import AttentionRegularization
from .base import Alignment
from .domain_adversarial import DomainAdversarial
from .foreground_segmentation import ForegroundSegmentation
from .information_maximization import InformationMaximization
from .masked_reconstruction import MaskedReconstruction
from .mean_teacher import MeanTeacherConsistency

__all__ = [
    'Alignment',
    'AttentionRegularization',
    'DomainAdversarial',
    'ForegroundSegmentation',
    'InformationMaximization',
    'MaskedReconstruction',
    'MeanTeacherConsistency',
]
