"""A 3D pose head that regresses joints and a camera."""

import torch
from mmpose.registry import MODELS
from mmpose.utils.typing import SampleList
from torch import Tensor, nn
from torch.nn import functional as F

from mmpose_uda.models.heads.base_pose3d_head import (
    BasePose3DHead,
    stack_labels,
    stack_scales,
)
from mmpose_uda.models.readers import RegressedPoses
from mmpose_uda.models.utils import constant


@MODELS.register_module()
class RegressionPose3DHead(BasePose3DHead):
    """Joints relative to the root in mm, and the camera that projects them on the crop.

    One hidden layer with a GELU feeds the joints [K, 3], the scale and translation of a
    weak-perspective camera (as in HaMeR, Pavlakos et al. 2024, and the regressors before
    it), and for each keypoint the expected error of its projection, which sets its
    confidence. The input is the mean of the last feature map [B, C, h, w], or a token
    [B, C], such as a transformer's with ``out_type='cls_token'``.

    One crop does not show how large a body is. This head learns the size along with the
    rest from the source's labels, whereas :class:`VolumetricPose3DHead` takes it from the
    decoder's prior: the bones of the metric pose have the total length of those of the
    regressed joints, seen through the camera if a sample has one. A pose that is uncertain
    and therefore too flat is thus not made wider. Points without a scale, such as pseudo
    labels, train joints and projections at the scale that the head predicts.

    Args:
        in_channels (int): Channels of the feature.
        out_channels (int): Number of keypoints K.
        decoder (dict): A codec like :class:`mmpose_uda.codecs.Pose3DLabel`.
        hidden_channels (int): Width of the hidden layer.
        loss (dict): Loss of (poses, points, scales, weights).
        scale_loss (dict): Loss of (logarithms of expected errors, errors, weights), on
            labels but not on pseudo labels: a head that is trained on its own predictions
            soon becomes overconfident.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        decoder: dict,
        hidden_channels: int = 256,
        loss: dict = dict(type='Pose3DRegressionLoss'),
        scale_loss: dict = dict(type='LaplaceScaleLoss'),
    ):
        super().__init__(out_channels, decoder)
        self.loss_module = MODELS.build(loss)
        self.scale_loss = MODELS.build(scale_loss)
        self.hidden = nn.Sequential(
            nn.LayerNorm(in_channels), nn.Linear(in_channels, hidden_channels), nn.GELU()
        )
        self.to_joints = nn.Linear(hidden_channels, 3 * out_channels)
        self.to_camera = nn.Linear(hidden_channels, 3)
        self.to_errors = nn.Linear(hidden_channels, out_channels)
        for layer in (self.to_joints, self.to_camera, self.to_errors):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)

    def forward(self, feats: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
        """Features (only the last of ``feats`` is used) -> positions, scales, errors.

        Returns:
            tuple[Tensor, Tensor, Tensor]: Keypoints [B, K, 3], x and y in crop px and z in
            mm relative to the root; mm per px [B]; and the logarithm of the expected error
            of each projection, as a share of the crop's longer side, [B, K].
        """
        feature = feats[-1].mean((2, 3)) if feats[-1].ndim == 4 else feats[-1]
        hidden = self.hidden(feature)
        near, far = self.decoder.depth_range
        unit = (far - near) / 2  # of joints, mm; initially a crop spans two units
        joints = unit * self.to_joints(hidden).float().unflatten(1, (-1, 3))
        root = self.decoder.root
        joints = joints - joints[:, root : root + 1]
        log_scale, *shift = self.to_camera(hidden).float().unbind(1)
        half = constant(self.decoder.input_size, joints) / 2
        mm_per_px = torch.exp(-log_scale) * unit / half.min()
        at_root = half - 0.5 + half * torch.stack(shift, dim=1)
        xy = at_root.unsqueeze(1) + joints[..., :2] / mm_per_px[:, None, None]
        # errors below the whole side, as the deviations of RLE (Li et al. 2021) are below 1
        log_errors = F.logsigmoid(self.to_errors(hidden).float())
        return torch.cat([xy, joints[..., 2:]], dim=-1), mm_per_px, log_errors

    def distributions(self, outputs: tuple[Tensor, Tensor, Tensor]) -> RegressedPoses:
        """The poses, and the expected error of each keypoint."""
        positions, mm_per_px, log_errors = outputs
        return RegressedPoses(
            positions, log_errors, self.decoder.input_size, mm_per_px, self.decoder.root
        )

    def supervised_loss(
        self, outputs: tuple[Tensor, Tensor, Tensor], data_samples: SampleList
    ) -> Tensor:
        """The losses on the labels, a scalar; that of the errors trains confidence."""
        points, weights = stack_labels(data_samples)
        predicted = self.distributions(outputs)
        scales = stack_scales(data_samples)
        fit = self.loss_module(predicted, points, scales, weights)
        known = (weights > 0).unsqueeze(-1)
        errors = predicted.positions - torch.where(known, points, 0)
        errors = errors[..., :2].abs() / predicted.side
        return fit + self.scale_loss(predicted.log_scales, errors, weights)

    def shrinkages(self, predicted: RegressedPoses) -> list[float]:
        """The total bone length of each regressed pose, as a share of the decoder's."""
        starts, ends = zip(*self.decoder.skeleton)
        pose = predicted.pose()
        lengths = (pose[:, list(ends)] - pose[:, list(starts)]).norm(dim=-1)
        return (lengths.sum(-1) / self.decoder.total_length).tolist()
