"""Reading the volumetric 3D head."""

from torch import Tensor

from mmpose_uda.models.heads.base_pose3d_head import stack_labels
from mmpose_uda.models.heads.volumetric_pose3d_head import VolumetricPose3DHead
from mmpose_uda.models.readers import READERS, HeadReader, KeypointDistributions


@READERS.register_module()
class VolumetricReader(HeadReader):
    """Reads a :class:`VolumetricPose3DHead`; its labels are points."""

    fits = 'VolumetricPose3DHead'

    @classmethod
    def reads(cls, head) -> bool:
        return isinstance(head, VolumetricPose3DHead)

    def distributions(self, outputs: Tensor) -> KeypointDistributions:
        return self.head.distributions(outputs)

    def logits(self, outputs: Tensor) -> tuple[Tensor, ...]:
        return (outputs,)

    def stack_targets(self, data_samples):
        return stack_labels(data_samples)

    def render_targets(self, points: Tensor) -> Tensor:
        return points

    def loss(self, outputs, targets, weights) -> Tensor:
        return self.head.loss_module(self.distributions(outputs), targets, weights)

    def supervised_loss(self, outputs: Tensor, data_samples) -> Tensor:
        # labels also tell the head how short its bones are
        return self.head.supervised_loss(outputs, data_samples)
