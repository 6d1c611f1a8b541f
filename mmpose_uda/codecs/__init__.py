from .crop_size import crop_size
from .lifting import lift_root_relative
from .pose3d_label import Pose3DLabel

__all__ = ['Pose3DLabel', 'crop_size', 'lift_root_relative']
