"""Base of all 3D pose heads: predictions in px and mm, with or without a flip test."""

from abc import abstractmethod
from typing import Optional, Sequence, Union

import torch
from mmengine.structures import InstanceData
from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import KEYPOINT_CODECS
from mmpose.utils.tensor_utils import to_numpy
from mmpose.utils.typing import InstanceList, SampleList
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.readers import HeadOutputs, KeypointDistributions, RegressedPoses

Predicted = Union[KeypointDistributions, RegressedPoses]


class BasePose3DHead(BaseHead):
    """Predicts K keypoints as x and y in the crop and a depth, which the decoder lifts.

    With ``flip_test`` the mirror image is evaluated too, and its prediction mirrored back
    with left and right exchanged: x becomes ``width - 1 - x``, depths do not change. Both
    are averaged before lifting, so the pose is in the crop's own frame and goes through
    the sample's camera as usual. The mirror image of a hand is a hand of the other side,
    whose keypoints have the same names: as in mmpose a flip test is possible there, and
    helps a network that knows both sides.

    Args:
        out_channels (int): Number of keypoints K.
        decoder (dict): A codec like :class:`mmpose_uda.codecs.Pose3DLabel`.
    """

    def __init__(self, out_channels: int, decoder: dict):
        super().__init__()
        self.out_channels = out_channels
        self.decoder = KEYPOINT_CODECS.build(decoder)

    @abstractmethod
    def distributions(self, outputs: HeadOutputs) -> Predicted:
        """Predictions in the form that parts read, from the head's raw output."""

    @abstractmethod
    def shrinkages(self, predicted: Predicted) -> list[float]:
        """Total bone length of each of B poses, as a share of the decoder's."""

    @abstractmethod
    def supervised_loss(self, outputs: HeadOutputs, data_samples: SampleList) -> Tensor:
        """The loss on the labels of a batch, a scalar."""

    def loss(
        self,
        feats: tuple[Tensor, ...],
        batch_data_samples: SampleList,
        train_cfg: Optional[dict] = None,
    ) -> dict[str, Tensor]:
        """Supervised loss of a labelled batch."""
        return dict(loss_kpt=self.supervised_loss(self(feats), batch_data_samples))

    def predict(
        self,
        feats: Union[tuple[Tensor, ...], list[tuple[Tensor, ...]]],
        batch_data_samples: SampleList,
        test_cfg: Optional[dict] = None,
    ) -> InstanceList:
        """Decode a batch.

        Args:
            feats (tuple[Tensor] | list[tuple[Tensor]]): Features of the crops; with
                ``flip_test`` a list of these and those of the mirrored crops.
            batch_data_samples (list[PoseDataSample]): Samples with their meta information.
            test_cfg (dict, optional): May set ``flip_test``.

        Returns:
            list[InstanceData]: Each with ``keypoints`` [1, K, 2] (crop px),
            ``keypoint_scores`` [1, K] and ``keypoints_3d`` [1, K, 3] (mm, relative to the
            root).

        Raises:
            UserError: ``flip_test`` is on, but the root is not its own mirror image.
        """
        if test_cfg and test_cfg.get('flip_test'):
            flip_indices = batch_data_samples[0].metainfo['flip_indices']
            predicted = self._of_both(*feats, flip_indices)
        else:
            predicted = self.distributions(self(feats))
        points, scores = to_numpy((predicted.points(), predicted.confidence()))
        instances = []
        for sample, point, score, shrinkage in zip(
            batch_data_samples, points, scores, self.shrinkages(predicted)
        ):
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

    def _of_both(
        self,
        feats: tuple[Tensor, ...],
        mirrored_feats: tuple[Tensor, ...],
        flip_indices: Sequence[int],
    ) -> Predicted:
        """The average of the predictions on crops and mirrored crops."""
        root = self.decoder.root
        if flip_indices[root] != root:
            raise UserError(
                f'A flip test needs depths relative to a keypoint that is its own mirror '
                f'image, but the root {root} of {type(self.decoder).__name__} becomes '
                f'keypoint {flip_indices[root]}: set test_cfg.flip_test=False.'
            )
        predicted, of_mirrored = (
            self.distributions(self(each)) for each in (feats, mirrored_feats)
        )
        return predicted.averaged(of_mirrored.mirrored(flip_indices))


def stack_labels(batch_data_samples: SampleList) -> tuple[Tensor, Tensor]:
    """Keypoint labels [B, K, A] and weights [B, K] of a batch of single instances."""
    labels = [sample.gt_instance_labels for sample in batch_data_samples]
    points = torch.cat([label.keypoint_labels for label in labels])
    weights = torch.cat([label.keypoint_weights for label in labels])
    return points, weights


def stack_scales(batch_data_samples: SampleList) -> Tensor:
    """Scales of the labels of a batch in mm per px, [B]."""
    return torch.cat([s.gt_instance_labels.mm_per_px for s in batch_data_samples])
