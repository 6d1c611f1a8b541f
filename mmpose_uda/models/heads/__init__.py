from .domain_discriminator import DomainDiscriminator
from .foreground_head import ForegroundHead
from .reconstruction_head import ForegroundReconstructionHead
from .volumetric_pose3d_head import VolumetricPose3DHead

__all__ = [
    'DomainDiscriminator',
    'ForegroundHead',
    'ForegroundReconstructionHead',
    'VolumetricPose3DHead',
]
