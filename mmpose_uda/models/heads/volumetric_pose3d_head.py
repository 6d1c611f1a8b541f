"""A 3D pose head with one distribution over a small volume per keypoint."""

from typing import Optional

import torch
from mmengine.structures import InstanceData
from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import KEYPOINT_CODECS, MODELS
from mmpose.utils.tensor_utils import to_numpy
from mmpose.utils.typing import InstanceList, SampleList
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.heads.bone_shrinkage import BoneShrinkage
from mmpose_uda.models.readers import AxisDistribution, KeypointDistributions, crop_axis


@MODELS.register_module()
class VolumetricPose3DHead(BaseHead):
    """Upsample the feature map, then a softmax over (depth, row, column) per keypoint.

    Coordinates are the means of the marginals p(x), p(y), p(z) (integral regression, Sun
    et al. 2018), depth being relative to the root. The metric pose follows from the
    decoder's bone length prior, corrected by how much shorter the bones of predictions
    were in training, and from the camera where a sample carries one.

    Args:
        in_channels (int): Channels of the feature map.
        out_channels (int): Number of keypoints K.
        depth_bins (int): Bins D along the depth.
        upsample_channels (int): Channels after the upsampling.
        upsample (int): Factor of the upsampling.
        loss (dict): Loss of (distributions, points, weights).
        decoder (dict): A codec like :class:`mmpose_uda.codecs.Pose3DLabel`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        decoder: dict,
        depth_bins: int = 16,
        upsample_channels: int = 96,
        upsample: int = 2,
        loss: dict = dict(type='KeypointDistributionLoss'),
    ):
        super().__init__()
        self.out_channels = out_channels
        self.depth_bins = depth_bins
        self.decoder = KEYPOINT_CODECS.build(decoder)
        self.loss_module = MODELS.build(loss)
        self.shrinkage = BoneShrinkage(self.decoder.skeleton)
        self.upsample = nn.Sequential(
            nn.ConvTranspose2d(in_channels, upsample_channels, upsample, upsample),
            nn.GroupNorm(8, upsample_channels),
            nn.GELU(),
        )
        self.to_volume = nn.Conv2d(upsample_channels, out_channels * depth_bins, 1)
        nn.init.normal_(self.to_volume.weight, std=0.01)
        nn.init.zeros_(self.to_volume.bias)

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """[B, C, h, w] (last of ``feats``) -> logits [B, K, D, h', w']."""
        volume = self.to_volume(self.upsample(feats[-1]))
        return volume.unflatten(1, (self.out_channels, self.depth_bins))

    def distributions(self, logits: Tensor) -> KeypointDistributions:
        """Marginals over x and y (crop px) and z (mm relative to the root)."""
        volume = logits.float()
        # a marginal is a logsumexp over the other axes
        depth_rows = volume.logsumexp(4)
        depths = depth_rows.logsumexp(3)
        total = depths.logsumexp(2, keepdim=True)
        width, height = self.decoder.input_size
        near, far = self.decoder.depth_range
        step = (far - near) / self.depth_bins
        return KeypointDistributions(
            [
                crop_axis(volume.logsumexp((2, 3)) - total, width),
                crop_axis(depth_rows.logsumexp(2) - total, height),
                AxisDistribution(depths - total, near + 0.5 * step, step),
            ]
        )

    def loss(
        self,
        feats: tuple[Tensor, ...],
        batch_data_samples: SampleList,
        train_cfg: Optional[dict] = None,
    ) -> dict[str, Tensor]:
        """Supervised loss of a labelled batch."""
        return dict(loss_kpt=self.supervised_loss(self(feats), batch_data_samples))

    def supervised_loss(self, logits: Tensor, data_samples: SampleList) -> Tensor:
        """The loss on the labels, a scalar; in training they also tell how short bones
        get."""
        points, weights = stack_labels(data_samples)
        predicted = self.distributions(logits)
        if self.training:
            scales = [sample.gt_instance_labels.mm_per_px for sample in data_samples]
            self.shrinkage.update(predicted.points(), points, weights, torch.cat(scales))
        return self.loss_module(predicted, points, weights)

    def predict(
        self,
        feats: tuple[Tensor, ...],
        batch_data_samples: SampleList,
        test_cfg: Optional[dict] = None,
    ) -> InstanceList:
        """Decode a batch.

        Returns:
            list[InstanceData]: Each with ``keypoints`` [1, K, 2] (crop px),
            ``keypoint_scores`` [1, K] and ``keypoints_3d`` [1, K, 3] (mm, relative to the
            root).

        Raises:
            UserError: ``flip_test`` is on, which this head does not offer.
        """
        if test_cfg and test_cfg.get('flip_test'):
            raise UserError(
                'VolumetricPose3DHead has no flip test: set test_cfg.flip_test=False.'
            )
        predicted = self.distributions(self(feats))
        points, scores = to_numpy((predicted.points(), predicted.confidence()))
        shrinkage = self.shrinkage.ratio.item()
        instances = []
        for sample, point, score in zip(batch_data_samples, points, scores):
            camera = sample.metainfo.get('camera')
            keypoints, keypoints_3d = self.decoder.decode(point[None], camera, shrinkage)
            instances.append(
                InstanceData(
                    keypoints=keypoints,
                    keypoint_scores=score[None],
                    keypoints_3d=keypoints_3d,
                )
            )
        return instances


def stack_labels(batch_data_samples: SampleList) -> tuple[Tensor, Tensor]:
    """Keypoint labels [B, K, A] and weights [B, K] of a batch of single instances."""
    labels = [sample.gt_instance_labels for sample in batch_data_samples]
    points = torch.cat([label.keypoint_labels for label in labels])
    weights = torch.cat([label.keypoint_weights for label in labels])
    return points, weights
