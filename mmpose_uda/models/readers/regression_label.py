"""Labels of heads that are trained on points as shares of the crop's sides."""

import torch
from torch import Tensor

from mmpose_uda.models.readers.base import HeadReader
from mmpose_uda.models.readers.crop_size import crop_size
from mmpose_uda.models.utils import constant


class RegressionLabelReader(HeadReader):
    """Reads heads whose codec is mmpose's ``RegressionLabel``."""

    def stack_targets(self, data_samples):
        labels = [s.gt_instance_labels for s in data_samples]
        points = torch.cat([label.keypoint_labels for label in labels])
        return points, self.label_weights(data_samples)

    def render_targets(self, points: Tensor) -> Tensor:
        """The points as shares of the crop's sides, [B, K, 2]."""
        return points / constant(crop_size(self.head), points)
