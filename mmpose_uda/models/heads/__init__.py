from .conv_reconstruction_head import ConvReconstructionHead
from .domain_discriminator import DomainDiscriminator
from .foreground_head import ForegroundHead
from .reconstruction_head import ForegroundReconstructionHead
from .simmim_reconstruction_head import SimMIMReconstructionHead
from .volumetric_pose3d_head import VolumetricPose3DHead
from .volumetric_reader import VolumetricReader

__all__ = [
    'ConvReconstructionHead',
    'DomainDiscriminator',
    'ForegroundHead',
    'ForegroundReconstructionHead',
    'SimMIMReconstructionHead',
    'VolumetricPose3DHead',
    'VolumetricReader',
]
