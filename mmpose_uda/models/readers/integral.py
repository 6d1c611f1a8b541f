"""Reading integral regression heads."""

from dataclasses import dataclass
from typing import Optional

from mmpose.models.heads import DSNTHead, IntegralRegressionHead
from torch import Tensor

from mmpose_uda.models.readers.base import final_convolution
from mmpose_uda.models.readers.crop_size import crop_size
from mmpose_uda.models.readers.keypoint_distribution import (
    AxisDistribution,
    KeypointDistributions,
)
from mmpose_uda.models.readers.registry import READERS
from mmpose_uda.models.readers.regression_label import RegressionLabelReader
from mmpose_uda.models.utils import constant


@dataclass
class DebiasedDistributions(KeypointDistributions):
    """Distributions of a head that removes the bias of their means itself.

    Args:
        debiased (Tensor): The points that the head predicts, [B, K, 2] crop px.
    """

    debiased: Optional[Tensor] = None

    def points(self) -> Tensor:
        """Predicted coordinates, [B, K, 2]: those of the head, not the means."""
        return self.debiased


@READERS.register_module()
class IntegralReader(RegressionLabelReader):
    """Reads an :class:`IntegralRegressionHead`: the mean of a heatmap's softmax."""

    fits = 'IntegralRegressionHead'

    @classmethod
    def reads(cls, head) -> bool:
        # DSNT's loss covers heatmaps too: see DSNTReader.
        fits = isinstance(head, IntegralRegressionHead) and not isinstance(head, DSNTHead)
        return fits and head.decoder is not None

    @property
    def keypoint_layer(self):
        return final_convolution(self.head.simplebaseline_head or self.head)

    def distributions(self, outputs) -> KeypointDistributions:
        shares, probs = (output.float() for output in outputs)
        size = crop_size(self.head)
        axes = [
            AxisDistribution.of_probs(probs.sum(dim), origin=0.0, step=side / cells)
            for dim, side, cells in zip((2, 3), size, self.head.heatmap_size)
        ]
        if self.head.debias:
            return DebiasedDistributions(axes, debiased=shares * constant(size, shares))
        return KeypointDistributions(axes)

    def logits(self, outputs) -> tuple[Tensor, ...]:
        return (outputs[1].clamp_min(1e-9).log(),)

    def loss(self, outputs, targets, weights) -> Tensor:
        # add an axis for coordinates, which some losses do not do themselves
        return self.head.loss_module(outputs[0], targets, weights.unsqueeze(-1))
