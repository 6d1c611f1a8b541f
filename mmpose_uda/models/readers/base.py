"""What every reader of a head offers to the estimator and its parts."""

from abc import ABCMeta, abstractmethod
from collections.abc import Sequence
from typing import Any, Optional, Union

import numpy as np
import torch
from mmpose.utils.typing import SampleList
from torch import Tensor, nn

from mmpose_uda.models.readers.crop_size import crop_size
from mmpose_uda.models.readers.keypoint_distribution import PoseDistributions
from mmpose_uda.models.readers.soft_weights import LossTerm

HeadOutputs = Union[Tensor, tuple[Tensor, ...]]


class HeadReader(metaclass=ABCMeta):
    """Reads keypoint distributions off a head, and trains it on points.

    All readers return points with a confidence; those of heads with maps of positions also
    return the maps.

    The parts that align poses use readers and never heads. A reader holds no state except
    the head it reads, and at most its last reading.

    Args:
        head (nn.Module): The head of an estimator.
    """

    fits: str
    """The heads that it reads, in words, for messages."""

    has_maps = True
    """Whether the head has maps of positions; one that regresses has only points."""

    carries_maps = False
    """Whether maps of one view can be labels of another (:meth:`carried_targets`)."""

    leaves_depth_out = False
    """Whether labels of a 3D head may have only x and y."""

    dimensions = 2
    """Number of dimensions of poses and points."""

    skeleton: Sequence[tuple[int, int]] = ()
    """Bones as pairs of keypoints; empty in 2D, where only data sets know them."""

    bone_unit = 1 / 8
    """Approximate mean length of a bone, in the unit of poses."""

    def __init__(self, head: nn.Module):
        self.head = head

    @property
    def keypoints(self) -> int:
        """Number of keypoints K."""
        head = self.head
        return head.num_joints if hasattr(head, 'num_joints') else head.out_channels

    @classmethod
    @abstractmethod
    def reads(cls, head: nn.Module) -> bool:
        """Whether this reader can read the head."""

    @abstractmethod
    def distributions(self, outputs: HeadOutputs) -> PoseDistributions:
        """Where the keypoints are, in px of the crop, from the head's raw output."""

    def logits(self, outputs: HeadOutputs) -> tuple[Tensor, ...]:
        """Maps [B, K, ...] whose softmax is a distribution of positions.

        Raises:
            NotImplementedError: The reader does not implement it, or has no maps
                (``has_maps`` is False).
        """
        raise NotImplementedError(f'{type(self).__name__} reads no maps of positions.')

    @abstractmethod
    def stack_targets(self, data_samples: SampleList) -> tuple[Any, Tensor]:
        """Labels of a batch, in the form that the head's loss takes, and weights [B, K]."""

    @staticmethod
    def label_weights(data_samples: SampleList) -> Tensor:
        """Weights [B, K] of the labels of a batch."""
        return torch.cat([s.gt_instance_labels.keypoint_weights for s in data_samples])

    @property
    def extents(self) -> tuple[float, ...]:
        """Extent of each axis of a point: along x and y the crop's longer side, px."""
        side = float(max(crop_size(self.head)))
        return side, side

    @property
    def keypoint_layer(self) -> Optional[nn.Module]:
        """The last layer, if each row of its weights [K * n, ...] is of one keypoint.

        None if the head's keypoints share its weights.
        """
        return None

    def poses(self, predicted: PoseDistributions) -> Tensor:
        """Predictions in one unit along all axes, [B, K, dimensions].

        In 2D the unit is the crop's longer side, in 3D mm.
        """
        return predicted.points() / max(crop_size(self.head))

    def label_poses(self, data_samples: SampleList) -> Optional[Tensor]:
        """The labels in the form that :meth:`poses` has, on the CPU or the device.

        None if samples do not carry them as mmpose packs them. Keypoints without a label
        may have any values.
        """
        if not all(
            'keypoints' in sample.get('gt_instances', ())
            and 'input_scale' in sample.metainfo
            and sample.gt_instances.keypoints.shape[1] == self.keypoints
            for sample in data_samples
        ):
            return None
        poses = [
            np.asarray(sample.gt_instances.keypoints, np.float32)
            / np.float32(np.max(sample.metainfo['input_scale']))
            for sample in data_samples
        ]
        return torch.from_numpy(np.concatenate(poses))

    @abstractmethod
    def render_targets(self, points: Tensor) -> Any:
        """Make labels from points [B, K, A], in the form of :meth:`stack_targets`."""

    def carried_targets(
        self, outputs: HeadOutputs, matrices: Tensor, flip_indices: Sequence[int]
    ) -> Any:
        """Turn maps of one view into labels of another, as :meth:`loss` takes them.

        The whole maps are carried, so that a label shows if a keypoint may be in two
        places.

        Args:
            outputs (Any): The head's output on the first view.
            matrices (Tensor): From px of the first view to px of the other, [B, 3, 3].
            flip_indices (Sequence[int]): Keypoint that each keypoint becomes in a mirror.

        Raises:
            NotImplementedError: The reader carries no maps (``carries_maps`` is False).
        """
        raise NotImplementedError(f'{type(self).__name__} carries no maps.')

    @abstractmethod
    def loss(self, outputs: HeadOutputs, targets: Any, weights: Tensor) -> Tensor:
        """The head's own loss, a scalar."""

    def loss_terms(self, outputs: HeadOutputs, targets: Any) -> list[LossTerm]:
        """The terms that add up to the head's own loss."""
        return [LossTerm(self.loss, outputs, targets)]

    def supervised_loss(self, outputs: HeadOutputs, data_samples: SampleList) -> Tensor:
        """The head's own loss on the labels of a batch, a scalar."""
        return self.loss(outputs, *self.stack_targets(data_samples))


def final_convolution(head: nn.Module) -> Optional[nn.Module]:
    """The layer of an mmpose head that outputs one map per keypoint, if it has one."""
    layer = getattr(head, 'final_layer', None)
    return layer if isinstance(layer, nn.Conv2d) else None
