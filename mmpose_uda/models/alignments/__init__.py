from .anatomical_plausibility import AnatomicalPlausibility
from .attention_regularization import AttentionRegularization
from .base import Alignment
from .disagreement_weighting import DisagreementWeighting
from .domain_adversarial import DomainAdversarial
from .foreground_segmentation import ForegroundSegmentation
from .gradient_gate import GradientGate
from .information_maximization import InformationMaximization
from .keypoint_occlusion import KeypointOcclusion
from .masked_image_consistency import MaskedImageConsistency
from .masked_reconstruction import MaskedReconstruction
from .mean_teacher import MeanTeacherConsistency
from .plausibility_selection import PlausibilitySelection
from .pseudo_labels import (
    ConfidenceWeighting,
    PseudoLabels,
    QuantileSelection,
    Selection,
    ThresholdSelection,
)
from .starting_model import StartingModelPull

__all__ = [
    'Alignment',
    'AnatomicalPlausibility',
    'AttentionRegularization',
    'ConfidenceWeighting',
    'DisagreementWeighting',
    'DomainAdversarial',
    'ForegroundSegmentation',
    'GradientGate',
    'InformationMaximization',
    'KeypointOcclusion',
    'MaskedImageConsistency',
    'MaskedReconstruction',
    'MeanTeacherConsistency',
    'PlausibilitySelection',
    'PseudoLabels',
    'QuantileSelection',
    'Selection',
    'StartingModelPull',
    'ThresholdSelection',
]
