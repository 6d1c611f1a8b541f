"""What every reader of a head offers to the estimator and its parts."""

from abc import ABCMeta, abstractmethod
from typing import Any, Union

import torch
from mmpose.utils.typing import SampleList
from torch import Tensor, nn

from mmpose_uda.models.readers.keypoint_distribution import PoseDistributions
from mmpose_uda.models.readers.soft_weights import LossTerm

HeadOutputs = Union[Tensor, tuple[Tensor, ...]]


class HeadReader(metaclass=ABCMeta):
    """Reads keypoint distributions off a head, and trains it on points.

    All of them give points with a confidence, those of heads with maps of positions the
    maps too.

    The parts that align poses know readers and no head. A reader holds no state but the
    head it reads.

    Args:
        head (nn.Module): The head of an estimator.
    """

    fits: str
    """The heads that it reads, in words."""

    has_maps = True
    """Whether the head has maps of positions; one that regresses has points alone."""

    def __init__(self, head: nn.Module):
        self.head = head

    @classmethod
    @abstractmethod
    def reads(cls, head: nn.Module) -> bool:
        """Whether it can read this head."""

    @abstractmethod
    def distributions(self, outputs: HeadOutputs) -> PoseDistributions:
        """Where the keypoints are, in px of the crop, from the head's raw output."""

    def logits(self, outputs: HeadOutputs) -> tuple[Tensor, ...]:
        """Maps [B, K, ...] whose softmax is a distribution of positions.

        Raises:
            NotImplementedError: The reader does not say how; it has none to read, if
                ``has_maps`` is False.
        """
        raise NotImplementedError(f'{type(self).__name__} reads no maps of positions.')

    @abstractmethod
    def stack_targets(self, data_samples: SampleList) -> tuple[Any, Tensor]:
        """The labels of a batch, as the head's loss takes them, and weights [B, K]."""

    @staticmethod
    def label_weights(data_samples: SampleList) -> Tensor:
        """Weights [B, K] of the labels of a batch."""
        return torch.cat([s.gt_instance_labels.keypoint_weights for s in data_samples])

    @abstractmethod
    def render_targets(self, points: Tensor) -> Any:
        """Labels as :meth:`stack_targets` has them, made of points [B, K, A]."""

    @abstractmethod
    def loss(self, outputs: HeadOutputs, targets: Any, weights: Tensor) -> Tensor:
        """The head's own loss, a scalar."""

    def loss_terms(self, outputs: HeadOutputs, targets: Any) -> list[LossTerm]:
        """What the head's own loss is the sum of."""
        return [LossTerm(self.loss, outputs, targets)]

    def supervised_loss(self, outputs: HeadOutputs, data_samples: SampleList) -> Tensor:
        """The head's own loss on the labels of a batch, a scalar."""
        return self.loss(outputs, *self.stack_targets(data_samples))
