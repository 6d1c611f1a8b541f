from .base_pose3d_head import BasePose3DHead
from .conv_reconstruction_head import ConvReconstructionHead
from .domain_discriminator import DomainDiscriminator
from .foreground_head import ForegroundHead
from .reconstruction_head import ForegroundReconstructionHead
from .regression_pose3d_head import RegressionPose3DHead
from .regression_reader import RegressionReader
from .simmim_reconstruction_head import SimMIMReconstructionHead
from .volumetric_pose3d_head import VolumetricPose3DHead
from .volumetric_reader import VolumetricReader

__all__ = [
    'BasePose3DHead',
    'ConvReconstructionHead',
    'DomainDiscriminator',
    'ForegroundHead',
    'ForegroundReconstructionHead',
    'RegressionPose3DHead',
    'RegressionReader',
    'SimMIMReconstructionHead',
    'VolumetricPose3DHead',
    'VolumetricReader',
]
