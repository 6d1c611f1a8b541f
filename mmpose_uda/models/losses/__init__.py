from .anatomical_plausibility_loss import AnatomicalPlausibilityLoss
from .attention_distance_loss import AttentionDistanceLoss
from .attention_regularization_loss import AttentionRegularizationLoss
from .domain_adversarial_loss import DomainAdversarialLoss
from .foreground_reconstruction_loss import ForegroundReconstructionLoss
from .info_max_loss import InfoMaxLoss
from .keypoint_distribution_loss import KeypointDistributionLoss
from .laplace_scale_loss import LaplaceScaleLoss
from .pose3d_regression_loss import Pose3DRegressionLoss

__all__ = [
    'AnatomicalPlausibilityLoss',
    'AttentionDistanceLoss',
    'AttentionRegularizationLoss',
    'DomainAdversarialLoss',
    'ForegroundReconstructionLoss',
    'InfoMaxLoss',
    'KeypointDistributionLoss',
    'LaplaceScaleLoss',
    'Pose3DRegressionLoss',
]
