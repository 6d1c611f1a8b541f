"""Reading the 3D regression head."""

from torch import Tensor

from mmpose_uda.models.heads.base_pose3d_head import stack_labels, stack_scales
from mmpose_uda.models.heads.base_pose3d_reader import BasePose3DReader
from mmpose_uda.models.heads.regression_pose3d_head import RegressionPose3DHead
from mmpose_uda.models.readers import READERS, RegressedPoses


@READERS.register_module()
class RegressionReader(BasePose3DReader):
    """Reads a :class:`RegressionPose3DHead`; its labels are points and their scales."""

    fits = 'RegressionPose3DHead'
    has_maps = False

    @classmethod
    def reads(cls, head) -> bool:
        return isinstance(head, RegressionPose3DHead)

    @property
    def keypoint_layer(self):
        return self.head.to_joints

    def distributions(self, outputs) -> RegressedPoses:
        return self.head.distributions(outputs)

    def stack_targets(self, data_samples):
        points, weights = stack_labels(data_samples)
        return (points, stack_scales(data_samples)), weights

    def poses(self, predicted: RegressedPoses) -> Tensor:
        return predicted.pose()

    def render_targets(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """The points, and scales [B] of 0, which points do not determine."""
        return points, points.new_zeros(len(points))

    def loss(self, outputs, targets, weights) -> Tensor:
        return self.head.loss_module(self.distributions(outputs), *targets, weights)

    def supervised_loss(self, outputs, data_samples) -> Tensor:
        # labels also train the expected errors
        return self.head.supervised_loss(outputs, data_samples)
