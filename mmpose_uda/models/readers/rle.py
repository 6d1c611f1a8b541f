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
    """Reads an :class:`RLEHead`: points, and how far off each takes itself to be.

    The deviations that Li et al. (arXiv 2107.11291) learn beside the points are taken for
    scales of Laplace distributions; what the flow says of their shape is left out.
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
        """That of the points: of its own labels a network would learn to be ever surer."""
        loss_module = self.head.loss_module
        flow = {name: weight.detach() for name, weight in loss_module.named_parameters()}
        points, deviations = outputs.split(2, dim=-1)
        arguments = points, deviations.detach(), targets, weights.unsqueeze(-1)
        return functional_call(loss_module, flow, arguments)

    def supervised_loss(self, outputs, data_samples) -> Tensor:
        # labels also tell the head how far off it is
        targets, weights = self.stack_targets(data_samples)
        return self.head.loss_module(*outputs.split(2, -1), targets, weights.unsqueeze(-1))
