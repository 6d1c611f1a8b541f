"""What readers of 3D heads share."""

from collections.abc import Sequence

from mmpose.utils.typing import SampleList
from torch import Tensor

from mmpose_uda.models.heads.base_pose3d_head import stack_labels, stack_scales
from mmpose_uda.models.readers import HeadReader, root_relative


class BasePose3DReader(HeadReader):
    """Poses, labels and predictions alike, are in mm under weak perspective."""

    dimensions = 3

    @property
    def skeleton(self) -> Sequence[tuple[int, int]]:
        """The decoder's skeleton."""
        return self.head.decoder.skeleton

    @property
    def bone_unit(self) -> float:
        """The mean bone length that the decoder expects, mm."""
        return self.head.decoder.total_length / len(self.skeleton)

    @property
    def extents(self) -> tuple[float, ...]:
        """See the base class; along depth the decoder's range, mm."""
        near, far = self.head.decoder.depth_range
        return (*super().extents, float(far - near))

    def label_poses(self, data_samples: SampleList) -> Tensor:
        points, _ = stack_labels(data_samples)
        return root_relative(points, stack_scales(data_samples), self.head.decoder.root)
