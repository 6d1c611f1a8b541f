from .attention_regularization_loss import AttentionRegularizationLoss
from .foreground_reconstruction_loss import ForegroundReconstructionLoss
from .keypoint_distribution_loss import KeypointDistributionLoss

__all__ = [
    'AttentionRegularizationLoss',
    'ForegroundReconstructionLoss',
    'KeypointDistributionLoss',
]
