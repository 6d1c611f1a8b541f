"""Reading the volumetric 3D head."""

from collections.abc import Sequence
from typing import Optional, Union

import torch
from torch import Tensor

from mmpose_uda.models.heads.base_pose3d_head import stack_labels
from mmpose_uda.models.heads.base_pose3d_reader import BasePose3DReader
from mmpose_uda.models.heads.volumetric_pose3d_head import VolumetricPose3DHead
from mmpose_uda.models.readers import READERS, KeypointDistributions
from mmpose_uda.models.utils import (
    between_cells,
    lift_to_total,
    swap_where_mirrored,
    warp_maps,
)


@READERS.register_module()
class VolumetricReader(BasePose3DReader):
    """Reads a :class:`VolumetricPose3DHead`; its labels are points, or distributions."""

    fits = 'VolumetricPose3DHead'
    carries_maps = True

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

    def carried_targets(
        self, outputs: Tensor, matrices: Tensor, flip_indices: Sequence[int]
    ) -> KeypointDistributions:
        """See the base class. What leaves the crop is shared out among the rest; depths
        are the same in both views."""
        keypoints, depths, *size = outputs.shape[1:]
        volume = outputs.float().flatten(2).softmax(2).view_as(outputs)
        volume = swap_where_mirrored(volume, matrices, flip_indices)
        step = self.head.decoder.input_size[0] / size[1]
        moved = warp_maps(volume.flatten(1, 2), between_cells(matrices, step), size)
        moved = moved.unflatten(1, (keypoints, depths))
        tiny = torch.finfo(moved.dtype).tiny
        return self.head.distributions(moved.clamp_min(tiny).log())

    def loss(
        self,
        outputs: Tensor,
        targets: Union[Tensor, KeypointDistributions],
        weights: Tensor,
    ) -> Tensor:
        """The head's own loss, a scalar, on points or on distributions."""
        return self.head.loss_module(self.distributions(outputs), targets, weights)

    def supervised_loss(self, outputs: Tensor, data_samples) -> Tensor:
        # labels also tell the head how short its bones are
        return self.head.supervised_loss(outputs, data_samples)
