from .attention_distance_loss import AttentionDistanceLoss
from .attention_regularization_loss import AttentionRegularizationLoss
from .domain_adversarial_loss import DomainAdversarialLoss
from .foreground_reconstruction_loss import ForegroundReconstructionLoss
from .info_max_loss import InfoMaxLoss
from .keypoint_distribution_loss import KeypointDistributionLoss

__all__ = [
    'AttentionDistanceLoss',
    'AttentionRegularizationLoss',
    'DomainAdversarialLoss',
    'ForegroundReconstructionLoss',
    'InfoMaxLoss',
    'KeypointDistributionLoss',
]
