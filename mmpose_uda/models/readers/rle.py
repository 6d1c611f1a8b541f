"""Reading heads of residual log-likelihood estimation."""

import torch.nn.functional as F
from mmpose.codecs import RegressionLabel
from mmpose.models.heads import RLEHead
from torch import Tensor
from torch.func import functional_call

from mmpose_uda.models.readers.crop_size import crop_size
from mmpose_uda.models.readers.registry import READERS
from mmpose_uda.models.readers.regressed_points import RegressedPoints
from mmpose_uda.models.readers.regression_label import RegressionLabelReader
from mmpose_uda.models.utils import constant


@READERS.register_module()
class RLEReader(RegressionLabelReader):
    """Reads an :class:`RLEHead`: points and their expected errors.

    The deviations that Li et al. (arXiv 2107.11291) learn along with the points are taken
    as scales of Laplace distributions; the shape that the flow learns is ignored.
    """

    fits = 'RLEHead'
    has_maps = False

    @classmethod
    def reads(cls, head) -> bool:
        return isinstance(head, RLEHead) and isinstance(head.decoder, RegressionLabel)

    @property
    def keypoint_layer(self):
        return self.head.fc

    def distributions(self, outputs: Tensor) -> RegressedPoints:
        shares, deviations = outputs.float().split(2, dim=-1)
        size = constant(crop_size(self.head), shares)
        log_scales = F.logsigmoid(deviations) + (size / size.max()).log()
        return RegressedPoints(shares * size, log_scales, crop_size(self.head))

    def loss(self, outputs, targets, weights) -> Tensor:
        """Train the points only: on its own labels a network becomes overconfident."""
        loss_module = self.head.loss_module
        flow = {name: weight.detach() for name, weight in loss_module.named_parameters()}
        points, deviations = outputs.split(2, dim=-1)
        arguments = points, deviations.detach(), targets, weights.unsqueeze(-1)
        return functional_call(loss_module, flow, arguments)

    def supervised_loss(self, outputs, data_samples) -> Tensor:
        # labels also train the expected errors
        targets, weights = self.stack_targets(data_samples)
        return self.head.loss_module(*outputs.split(2, -1), targets, weights.unsqueeze(-1))
