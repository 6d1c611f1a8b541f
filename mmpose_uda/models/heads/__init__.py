from .foreground_head import ForegroundHead
from .reconstruction_head import ForegroundReconstructionHead
from .volumetric_pose3d_head import VolumetricPose3DHead

__all__ = ['ForegroundHead', 'ForegroundReconstructionHead', 'VolumetricPose3DHead']
