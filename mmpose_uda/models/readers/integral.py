"""Reading integral regression heads."""

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


@READERS.register_module()
class IntegralReader(RegressionLabelReader):
    """Reads an :class:`IntegralRegressionHead`: the mean of a heatmap's softmax."""

    fits = 'IntegralRegressionHead'

    @classmethod
    def reads(cls, head) -> bool:
        # DSNT's loss is of heatmaps too: DSNTReader.
        fits = isinstance(head, IntegralRegressionHead) and not isinstance(head, DSNTHead)
        return fits and head.decoder is not None

    @property
    def keypoint_layer(self):
        return final_convolution(self.head.simplebaseline_head or self.head)

    def distributions(self, outputs) -> KeypointDistributions:
        _, probs = outputs
        probs = probs.float()
        steps = (
            size / cells
            for size, cells in zip(crop_size(self.head), self.head.heatmap_size)
        )
        return KeypointDistributions(
            [
                AxisDistribution.of_probs(probs.sum(dim), origin=0.0, step=step)
                for dim, step in zip((2, 3), steps)
            ]
        )

    def logits(self, outputs) -> tuple[Tensor, ...]:
        return (outputs[1].clamp_min(1e-9).log(),)

    def loss(self, outputs, targets, weights) -> Tensor:
        # with an axis for coordinates, which some losses do not add themselves
        return self.head.loss_module(outputs[0], targets, weights.unsqueeze(-1))
