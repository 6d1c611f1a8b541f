"""A 3D pose head with one distribution over a small volume per keypoint."""

from mmpose.registry import MODELS
from mmpose.utils.typing import SampleList
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.heads.base_pose3d_head import (
    BasePose3DHead,
    stack_labels,
    stack_scales,
)
from mmpose_uda.models.heads.bone_shrinkage import BoneShrinkage
from mmpose_uda.models.readers import AxisDistribution, KeypointDistributions, crop_axis
from mmpose_uda.models.utils import volume_sums

_FLOOR = 1e-24  # relative to the peak, which is 1


@MODELS.register_module()
class VolumetricPose3DHead(BasePose3DHead):
    """A softmax over (depth, row, column) per keypoint on an upsampled feature map.

    Coordinates are the means of the marginals p(x), p(y), p(z) (integral regression, Sun
    et al. 2018), with depth relative to the root. If a keypoint may be in one of two
    places, the mean lies between them, where it is not; and the mass that a softmax
    leaves all over the crop pulls the mean towards the middle (Gu et al. 2021, arXiv
    2301.10431). With ``about_peak`` coordinates are means over only the bins around the
    peak, in training, pseudo labels and tests. The metric pose follows from the decoder's
    bone length prior, corrected by how much shorter predicted bones were in training, and
    from the camera if a sample has one. A flip test averages the marginals of both images,
    which equals averaging their volumes.

    Args:
        in_channels (int): Channels of the feature map.
        out_channels (int): Number of keypoints K.
        depth_bins (int): Bins D along the depth.
        upsample_channels (int): Channels after the upsampling.
        upsample (int): Factor of the upsampling, a power of two: one transposed
            convolution per doubling of the size, as in Simple Baselines.
        about_peak (bool): Whether coordinates are means around the peaks.
        loss (dict): Loss of (distributions, points, weights).
        decoder (dict): A codec like :class:`mmpose_uda.codecs.Pose3DLabel`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        decoder: dict,
        depth_bins: int = 16,
        upsample_channels: int = 64,
        upsample: int = 4,
        about_peak: bool = False,
        loss: dict = dict(type='KeypointDistributionLoss'),
    ):
        super().__init__(out_channels, decoder)
        self.depth_bins = depth_bins
        self.loss_module = MODELS.build(loss)
        self.shrinkage = BoneShrinkage(self.decoder.skeleton)
        self.about_peak = about_peak
        self.upsample = nn.Sequential(*_doublings(upsample, in_channels, upsample_channels))
        self.to_volume = nn.Conv2d(upsample_channels, out_channels * depth_bins, 1)
        nn.init.normal_(self.to_volume.weight, std=0.01)
        nn.init.zeros_(self.to_volume.bias)

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """[B, C, h, w] (last of ``feats``) -> logits [B, K, D, h', w']."""
        volume = self.to_volume(self.upsample(feats[-1]))
        return volume.unflatten(1, (self.out_channels, self.depth_bins))

    def distributions(self, logits: Tensor) -> KeypointDistributions:
        """Marginals over x and y (crop px) and z (mm relative to the root)."""
        return self.distributions_of(*volume_sums(logits))

    def distributions_of(self, image: Tensor, depths: Tensor) -> KeypointDistributions:
        """Marginals from the sums of volumes (:func:`volume_sums`).

        Args:
            image (Tensor): [B, K, h, w].
            depths (Tensor): [B, K, D].
        """
        width, height = self.decoder.input_size
        near, far = self.decoder.depth_range
        step = (far - near) / self.depth_bins
        return KeypointDistributions(
            [
                crop_axis(_log_share(image.sum(2)), width),
                crop_axis(_log_share(image.sum(3)), height),
                AxisDistribution(_log_share(depths), near + 0.5 * step, step),
            ],
            about_peak=self.about_peak,
        )

    def supervised_loss(self, logits: Tensor, data_samples: SampleList) -> Tensor:
        """The loss on the labels, a scalar."""
        return self.loss_of(self.distributions(logits), data_samples)

    def loss_of(self, predicted: KeypointDistributions, data_samples: SampleList) -> Tensor:
        """As :meth:`supervised_loss`; in training, also update the bone shrinkage."""
        points, weights = stack_labels(data_samples)
        if self.training:
            scales = stack_scales(data_samples)
            self.shrinkage.update(predicted.points(), points, weights, scales)
        return self.loss_module(predicted, points, weights)

    def shrinkages(self, predicted: KeypointDistributions) -> list[float]:
        """The ratio measured in training, the same for all B poses."""
        return [self.shrinkage.ratio.item()] * len(predicted.points())


def _log_share(values: Tensor) -> Tensor:
    """Logarithms of the shares of values [..., N] in their sum.

    A floor, too small to affect the sum, keeps the logarithm finite even 200 nats below
    the peak, so that the loss still lowers the peak.
    """
    values = values + _FLOOR
    return values.log() - values.sum(-1, keepdim=True).log()


def _doublings(factor: int, in_channels: int, channels: int) -> list[nn.Module]:
    """Layers that multiply the size of a feature map by a power of two."""
    steps = factor.bit_length() - 1
    if factor < 1 or 2**steps != factor:
        raise UserError(
            f'VolumetricPose3DHead: upsample must be a power of two, not {factor}.'
        )
    layers: list[nn.Module] = []
    for width_in in [in_channels, *[channels] * (steps - 1)][:steps]:
        layers += [
            nn.ConvTranspose2d(width_in, channels, 4, stride=2, padding=1, bias=False),
            nn.GroupNorm(8, channels),
            nn.GELU(),
        ]
    return layers or [nn.Conv2d(in_channels, channels, 1)]
