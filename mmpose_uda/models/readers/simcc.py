"""Reading coordinate classification heads: SimCC and RTMPose."""

import numpy as np
import torch
from mmpose.codecs import SimCCLabel
from mmpose.models.heads import RTMCCHead, SimCCHead
from torch import Tensor

from mmpose_uda.models.readers.base import HeadReader, final_convolution
from mmpose_uda.models.readers.keypoint_distribution import (
    AxisDistribution,
    KeypointDistributions,
)
from mmpose_uda.models.readers.registry import READERS


@READERS.register_module()
class SimCCReader(HeadReader):
    """Reads a :class:`SimCCHead` or :class:`RTMCCHead`: one vector per axis.

    The softmax of the vectors has the temperature that the head's loss trains it with.
    """

    fits = 'SimCCHead or RTMCCHead (SimCCLabel with Gaussian smoothing)'

    @classmethod
    def reads(cls, head) -> bool:
        return (
            isinstance(head, (SimCCHead, RTMCCHead))
            and isinstance(head.decoder, SimCCLabel)
            and head.decoder.smoothing_type == 'gaussian'
        )

    @property
    def keypoint_layer(self):
        if isinstance(self.head, RTMCCHead):
            return None  # keypoints attend to each other after it
        return final_convolution(self.head.deconv_head or self.head)

    def distributions(self, outputs) -> KeypointDistributions:
        """Points are means around the peak, because a softmax label has mass everywhere."""
        step = 1 / self.head.decoder.simcc_split_ratio
        axes = [
            AxisDistribution(logits.float().log_softmax(-1), origin=0.0, step=step)
            for logits in self.logits(outputs)
        ]
        radius = 2 * float(np.max(self.head.decoder.sigma))
        return KeypointDistributions(axes, peak_radius=radius, about_peak=True)

    def logits(self, outputs) -> tuple[Tensor, ...]:
        beta = getattr(self.head.loss_module, 'beta', 1.0)
        return tuple(beta * vector for vector in outputs)

    def stack_targets(self, data_samples):
        labels = [s.gt_instance_labels for s in data_samples]
        targets = (
            torch.cat([label.keypoint_x_labels for label in labels]),
            torch.cat([label.keypoint_y_labels for label in labels]),
        )
        return targets, self.label_weights(data_samples)

    def render_targets(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Gaussians [B, K, W] and [B, K, H] about the points, not rounded to a bin."""
        codec = self.head.decoder
        vectors = []
        for axis, size in enumerate(codec.input_size):
            count = int(np.around(size * codec.simcc_split_ratio))
            bins = torch.arange(count, device=points.device)
            centre = points[..., axis, None] * codec.simcc_split_ratio
            sigma = float(codec.sigma[axis])
            vector = torch.exp(-0.5 * ((bins - centre) / sigma).square())
            if codec.normalize:
                vector = vector / (sigma * np.sqrt(2 * np.pi))
            vectors.append(vector)
        return tuple(vectors)

    def loss(self, outputs, targets, weights) -> Tensor:
        return self.head.loss_module(outputs, targets, weights)
