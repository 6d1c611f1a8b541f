"""Reading the volumetric 3D head."""

from typing import Optional

from torch import Tensor

from mmpose_uda.models.heads.base_pose3d_head import stack_labels
from mmpose_uda.models.heads.base_pose3d_reader import BasePose3DReader
from mmpose_uda.models.heads.volumetric_pose3d_head import VolumetricPose3DHead
from mmpose_uda.models.readers import READERS, KeypointDistributions
from mmpose_uda.models.utils import lift_to_total


@READERS.register_module()
class VolumetricReader(BasePose3DReader):
    """Reads a :class:`VolumetricPose3DHead`; its labels are points."""

    fits = 'VolumetricPose3DHead'

    @classmethod
    def reads(cls, head) -> bool:
        return isinstance(head, VolumetricPose3DHead)

    def __init__(self, head: VolumetricPose3DHead):
        super().__init__(head)
        self._read: Optional[tuple[Tensor, KeypointDistributions]] = None

    @property
    def keypoint_layer(self):
        return self.head.to_volume

    def distributions(self, outputs: Tensor) -> KeypointDistributions:
        # points, confidence and the loss of one view ask for the same marginals
        if self._read is None or self._read[0] is not outputs:
            self._read = outputs, self.head.distributions(outputs)
        return self._read[1]

    def logits(self, outputs: Tensor) -> tuple[Tensor, ...]:
        return (outputs,)

    def stack_targets(self, data_samples):
        return stack_labels(data_samples)

    def poses(self, predicted: KeypointDistributions) -> Tensor:
        """Lifted to the length of bones that predictions have on the source, mm."""
        decoder = self.head.decoder
        total = decoder.total_length * self.head.shrinkage.ratio
        return lift_to_total(predicted.points().float(), tuple(self.skeleton), total)

    def render_targets(self, points: Tensor) -> Tensor:
        return points

    def loss(self, outputs, targets, weights) -> Tensor:
        return self.head.loss_module(self.distributions(outputs), targets, weights)

    def supervised_loss(self, outputs: Tensor, data_samples) -> Tensor:
        # labels also tell the head how short its bones are
        return self.head.supervised_loss(outputs, data_samples)
