"""Reading the volumetric 3D head."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional, Union

import torch
from torch import Tensor

from mmpose_uda.models.heads.base_pose3d_head import stack_labels
from mmpose_uda.models.heads.base_pose3d_reader import BasePose3DReader
from mmpose_uda.models.heads.volumetric_pose3d_head import VolumetricPose3DHead
from mmpose_uda.models.losses import KeypointDistributionLoss
from mmpose_uda.models.readers import READERS, KeypointDistributions
from mmpose_uda.models.utils import (
    between_cells,
    lift_to_total,
    swap_where_mirrored,
    volume_sums,
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
        self._read: Optional[_Read] = None

    @property
    def leaves_depth_out(self):
        return isinstance(self.head.loss_module, KeypointDistributionLoss)

    @property
    def keypoint_layer(self):
        return self.head.to_volume

    def distributions(self, outputs: Tensor) -> KeypointDistributions:
        return self._reading(outputs).distributions

    def _reading(self, outputs: Tensor) -> '_Read':
        """Read a view only once for its points, confidence, loss and carried maps."""
        read, with_gradient = self._read, torch.is_grad_enabled()
        is_there = read is not None and read.outputs is outputs
        if not is_there or with_gradient and not read.with_gradient:
            sums = volume_sums(outputs)
            found = self.head.distributions_of(*sums)
            self._read = read = _Read(outputs, *sums, found, with_gradient)
        return read

    def logits(self, outputs: Tensor) -> tuple[Tensor, ...]:
        return (outputs,)

    def stack_targets(self, data_samples):
        return stack_labels(data_samples)

    def poses(self, predicted: KeypointDistributions) -> Tensor:
        """Poses lifted to the bone length that predictions have on the source, mm."""
        decoder = self.head.decoder
        total = decoder.total_length * self.head.shrinkage.ratio
        return lift_to_total(predicted.points().float(), tuple(self.skeleton), total)

    def render_targets(self, points: Tensor) -> Tensor:
        return points

    def carried_targets(
        self, outputs: Tensor, matrices: Tensor, flip_indices: Sequence[int]
    ) -> KeypointDistributions:
        """See the base class.

        Mass that leaves the crop is shared out among the rest; depths are the same in both
        views.
        """
        found = self._reading(outputs)
        image = swap_where_mirrored(found.image, matrices, flip_indices)
        depths = swap_where_mirrored(found.depths, matrices, flip_indices)
        size = image.shape[2:]
        step = self.head.decoder.input_size[0] / size[1]
        moved = warp_maps(image, between_cells(matrices, step), size)
        return self.head.distributions_of(moved, depths)

    def loss(
        self,
        outputs: Tensor,
        targets: Union[Tensor, KeypointDistributions],
        weights: Tensor,
    ) -> Tensor:
        """The head's own loss, a scalar, on points or on distributions."""
        return self.head.loss_module(self.distributions(outputs), targets, weights)

    def supervised_loss(self, outputs: Tensor, data_samples) -> Tensor:
        # labels also update the head's bone shrinkage
        return self.head.loss_of(self.distributions(outputs), data_samples)


@dataclass
class _Read:
    """What was read off a volume; see :func:`volume_sums`."""

    outputs: Tensor
    image: Tensor
    depths: Tensor
    distributions: KeypointDistributions
    with_gradient: bool
