from .lifting import lift_root_relative
from .pose3d_label import Pose3DLabel

__all__ = ['Pose3DLabel', 'lift_root_relative']
