"""Reading heatmap heads: Simple Baselines, HRNet, ViTPose, UDP."""

from typing import Optional, Union

import torch
from mmpose.codecs import MSRAHeatmap, UDPHeatmap
from mmpose.models.heads import HeatmapHead
from mmpose.utils.typing import SampleList
from torch import Tensor, nn

from mmpose_uda.models.readers.base import HeadReader, final_convolution
from mmpose_uda.models.readers.keypoint_distribution import HeatmapDistributions
from mmpose_uda.models.readers.registry import READERS
from mmpose_uda.models.utils import constant


@READERS.register_module()
class HeatmapReader(HeadReader):
    """Reads a :class:`HeatmapHead` that is trained on Gaussians with a peak of 1."""

    fits = 'HeatmapHead (MSRAHeatmap, or UDPHeatmap of Gaussians)'

    @classmethod
    def reads(cls, head: nn.Module) -> bool:
        if not isinstance(head, HeatmapHead):
            return False
        codec = head.decoder
        return isinstance(codec, MSRAHeatmap) or (
            isinstance(codec, UDPHeatmap) and codec.heatmap_type == 'gaussian'
        )

    @property
    def keypoint_layer(self) -> Optional[nn.Module]:
        return final_convolution(self.head)

    def distributions(self, outputs: Tensor) -> HeatmapDistributions:
        return HeatmapDistributions(outputs.float(), self._steps)

    @property
    def _steps(self) -> tuple[float, float]:
        """Crop px between two cells, in x and y; cell 0 is at px 0."""
        x, y = self.head.decoder.scale_factor
        return float(x), float(y)

    def logits(self, outputs: Tensor) -> tuple[Tensor, ...]:
        return (outputs,)

    def stack_targets(self, data_samples: SampleList) -> tuple[Tensor, Tensor]:
        heatmaps = torch.stack([s.gt_fields.heatmaps for s in data_samples])
        return heatmaps, self.label_weights(data_samples)

    def render_targets(self, points: Tensor) -> Tensor:
        return render_gaussians(points, self.head.decoder)

    def loss(self, outputs: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        return self.head.loss_module(outputs, targets, weights)


def render_gaussians(points: Tensor, codec: Union[MSRAHeatmap, UDPHeatmap]) -> Tensor:
    """Gaussians with a peak of 1 about points, which are not rounded to a cell.

    Args:
        points (Tensor): [B, K, 2], crop px.
        codec (MSRAHeatmap | UDPHeatmap): Sets the cells and sigma.

    Returns:
        Tensor: [B, K, h, w].
    """
    width, height = codec.heatmap_size
    columns = torch.arange(width, device=points.device)
    rows = torch.arange(height, device=points.device)
    steps = tuple(float(step) for step in codec.scale_factor)
    x, y = (points / constant(steps, points)).unbind(-1)
    along_x = torch.exp(-0.5 * ((columns - x.unsqueeze(-1)) / codec.sigma).square())
    along_y = torch.exp(-0.5 * ((rows - y.unsqueeze(-1)) / codec.sigma).square())
    return along_y.unsqueeze(-1) * along_x.unsqueeze(-2)
