from .attention_regularization import AttentionRegularization
from .base import Alignment
from .domain_adversarial import DomainAdversarial
from .foreground_segmentation import ForegroundSegmentation
from .information_maximization import InformationMaximization
from .keypoint_occlusion import KeypointOcclusion
from .masked_reconstruction import MaskedReconstruction
from .mean_teacher import MeanTeacherConsistency
from .pseudo_labels import ConfidenceWeighting, QuantileSelection, ThresholdSelection
from .starting_model import StartingModelPull

__all__ = [
    'Alignment',
    'AttentionRegularization',
    'ConfidenceWeighting',
    'DomainAdversarial',
    'ForegroundSegmentation',
    'InformationMaximization',
    'KeypointOcclusion',
    'MaskedReconstruction',
    'MeanTeacherConsistency',
    'QuantileSelection',
    'StartingModelPull',
    'ThresholdSelection',
]
