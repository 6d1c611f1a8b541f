"""What a network saw of a view, computed once and only when needed."""

from functools import cached_property
from typing import Any, Optional, Sequence

import torch
from mmpose.utils.typing import SampleList
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.observation.look import Look
from mmpose_uda.models.readers import (
    HeadOutputs,
    PoseDistributions,
    Weighing,
    find_reader,
    find_weighings,
)
from mmpose_uda.models.utils import (
    PatchMask,
    SampleRandom,
    batch_norm_layers,
    constant,
    exact_product,
    sample_keys,
    stack_warp_mats,
    warp_maps,
)


class ViewObservation:
    """One network's observation of one view of a batch.

    Every property is computed at its first use and kept, so parts that need the same
    features share one forward pass, and what nothing needs is never computed.

    Args:
        network (nn.Module): The student, or the teacher, as a stock pose estimator.
        images (Tensor): [B, 3, H, W], normalised.
        data_samples (list[PoseDataSample]): Their labels and meta information.
        attention_layers (Sequence[int]): Backbone layers whose attention to record.
        captured_features (Sequence[str]): Modules whose output to record.
        trainable (bool): Whether gradients may reach the network.
        updates_statistics (bool): Whether this view feeds the running statistics of
            BatchNorm layers.
    """

    def __init__(
        self,
        network: nn.Module,
        images: Tensor,
        data_samples: SampleList,
        attention_layers: Sequence[int] = (),
        captured_features: Sequence[str] = (),
        trainable: bool = True,
        updates_statistics: bool = True,
    ):
        self.network = network
        self.data_samples = data_samples
        self.trainable = trainable
        self.reader = find_reader(network.head)
        self._captured: dict[str, Tensor] = {}
        self._place = 0  # in the look, which other views may share
        self._look = Look(
            network,
            [images],
            attention_layers,
            captured_features,
            trainable,
            updates_statistics,
        )

    @staticmethod
    def can_join(views: Sequence['ViewObservation']) -> bool:
        """Whether images of all views can be one batch of their network.

        Not if it has BatchNorm layers in training, where domains are never mixed:
        normalising each half of a batch separately takes longer than two passes
        (docs/performance.md).
        """
        sizes = {view.images.shape[1:] for view in views}
        normalising = any(layer.training for layer in batch_norm_layers(views[0].network))
        return len(sizes) == 1 and not normalising

    @classmethod
    def joined(cls, views: Sequence['ViewObservation']) -> 'ViewObservation':
        """Join views that :meth:`can_join` into one, with the images of all."""
        images = torch.cat([view.images for view in views])
        samples = [sample for view in views for sample in view.data_samples]
        return cls(views[0].network, images, samples, trainable=views[0].trainable)

    @staticmethod
    def look_together(views: Sequence['ViewObservation']) -> None:
        """Let the backbone process, in one pass, views that :meth:`can_join`."""
        looks = [view._look for view in views]
        first = looks[0]
        together = Look(
            first.network,
            [images for look in looks for images in look.images],
            first.attention_layers,
            first.captured_features,
            first.trainable,
            any(look.updates_statistics for look in looks),
        )
        for place, view in enumerate(views):
            view._look, view._place = together, place

    @property
    def images(self) -> Tensor:
        """[B, 3, H, W], normalised. May be set only before anything is computed."""
        return self._look.images[self._place]

    @images.setter
    def images(self, images: Tensor) -> None:
        _ = self.undisturbed
        self._look.images[self._place] = images

    def size(self, like: Tensor) -> Tensor:
        """Width and height of the images, px, [2], of the type of another tensor."""
        return constant(self.images.shape[:1:-1], like)

    def shows(self, points: Tensor) -> Tensor:
        """Whether points [B, K, A] are inside the images (half a px of margin), [B, K]."""
        last = self.size(points) - 0.5
        return ((points[..., :2] >= -0.5) & (points[..., :2] <= last)).all(-1)

    @cached_property
    def undisturbed(self) -> 'ViewObservation':
        """The view before its images were changed, with nothing computed yet."""
        return ViewObservation(
            self.network, self.images, self.data_samples, trainable=self.trainable
        )

    @cached_property
    def _seen(self) -> tuple[tuple[Tensor, ...], dict[int, Tensor]]:
        features, maps, captured = self._look.seen[self._place]
        self._captured.update(captured)
        return features, maps

    @property
    def features(self) -> tuple[Tensor, ...]:
        """Feature maps [B, C, h, w] of the backbone and neck."""
        return self._seen[0]

    @property
    def attention(self) -> dict[int, Tensor]:
        """Layer index -> [B, heads, L, L] for the layers to record."""
        return self._seen[1]

    @cached_property
    def head_outputs(self) -> HeadOutputs:
        """The raw output of the head: heatmaps, a vector per axis, a volume, points."""
        features = self.features
        return self._look.do(lambda: self.network.head(features), self._captured)

    @property
    def has_head_outputs(self) -> bool:
        """Whether the head has looked at the view already."""
        return 'head_outputs' in vars(self)

    @property
    def updates_statistics(self) -> bool:
        """Whether the view feeds the running statistics of BatchNorm layers."""
        return self._look.updates_statistics

    def feature(self, name: str) -> Tensor:
        """The output of a module, one of ``captured_features``.

        Raises:
            UserError: A forward pass does not run the module.
        """
        if name not in self._captured:
            _ = self.features
        if name not in self._captured:
            _ = self.head_outputs
        if name not in self._captured:
            raise UserError(
                f'The feature {name!r} is a module that a forward pass does not run: '
                "name one that it runs, such as 'backbone'."
            )
        return self._captured[name]

    @cached_property
    def distributions(self) -> PoseDistributions:
        """Keypoint distributions of the head."""
        return self.reader.distributions(self.head_outputs)

    @cached_property
    def poses(self) -> Tensor:
        """Predicted poses in one unit along all axes, [B, K, 2] or in mm [B, K, 3]."""
        return self.reader.poses(self.distributions)

    @property
    def logits(self) -> tuple[Tensor, ...]:
        """Maps [B, K, ...] whose softmax is a distribution of positions."""
        return self.reader.logits(self.head_outputs)

    def loss_of_points(
        self,
        points: Tensor,
        weights: Tensor,
        weighings: Optional[Sequence[Weighing]] = None,
    ) -> Tensor:
        """The head's own loss on points.

        Args:
            points (Tensor): [B, K, A].
            weights (Tensor): [B, K].
            weighings (Sequence[Weighing], optional): From :meth:`find_weighings`, if
                weights lie between 0 and 1.

        Returns:
            Tensor: Scalar.
        """
        return self.loss_of_targets(self.reader.render_targets(points), weights, weighings)

    def loss_of_labels(
        self, keypoints: Tensor, weighings: Optional[Sequence[Weighing]] = None
    ) -> Tensor:
        """The head's own loss on the labels, with a factor for each keypoint.

        Args:
            keypoints (Tensor): Factors of the labels' weights, [K].
            weighings (Sequence[Weighing], optional): See :meth:`loss_of_points`.

        Returns:
            Tensor: Scalar.
        """
        targets, weights = self.reader.stack_targets(self.data_samples)
        return self.loss_of_targets(targets, weights * keypoints, weighings)

    def loss_of_targets(
        self, targets: Any, weights: Tensor, weighings: Optional[Sequence[Weighing]] = None
    ) -> Tensor:
        """The head's own loss on labels in the form that its reader makes.

        Args:
            targets (Any): The labels.
            weights (Tensor): [B, K].
            weighings (Sequence[Weighing], optional): See :meth:`loss_of_points`.

        Returns:
            Tensor: Scalar.
        """
        if weighings is None:
            return self.reader.loss(self.head_outputs, targets, weights)
        terms = self.reader.loss_terms(self.head_outputs, targets)
        return sum(weigh(term, weights) for weigh, term in zip(weighings, terms))

    def find_weighings(self) -> Optional[list[Weighing]]:
        """How the head's loss terms take weights between 0 and 1; None if they do not."""
        away = 0.5 * self.distributions.points() + 3  # from the prediction
        targets = self.reader.render_targets(away)
        return find_weighings(self.reader.loss_terms(self.head_outputs, targets))

    def supervised_loss(self) -> dict[str, Tensor]:
        """The estimator's own loss on its labels.

        Computed by the reader if there is one: the ``loss`` of mmpose's heads also computes
        an accuracy, on the CPU.
        """
        if self.reader is not None:
            loss = self.reader.supervised_loss(self.head_outputs, self.data_samples)
            return dict(loss_kpt=loss)
        features, network = self.features, self.network
        return self._look.do(
            lambda: network.head.loss(
                features, self.data_samples, train_cfg=network.train_cfg
            ),
            self._captured,
        )

    @cached_property
    def random(self) -> SampleRandom:
        """Random numbers that belong to its samples."""
        return SampleRandom(sample_keys(self.data_samples).to(self.images.device))

    @cached_property
    def warp_mats(self) -> Tensor:
        """Image-to-crop matrices, [B, 3, 3]."""
        return stack_warp_mats(self.data_samples, like=self.images)

    def moved(self, matrices: Tensor) -> 'ViewObservation':
        """The network's observation of the same images transformed, in another pass.

        Args:
            matrices (Tensor): From px of this view to px of the new one, [B, 3, 3].

        Returns:
            ViewObservation: With resampled images, of the mean colour outside the old ones.
        """
        size = self.images.shape[-2:]
        other = ViewObservation(
            self.network,
            warp_maps(self.images, matrices, size),
            self.data_samples,
            trainable=self.trainable,
            updates_statistics=False,
        )
        other.warp_mats = exact_product(matrices, self.warp_mats)
        return other

    def encode_visible(self, mask: PatchMask) -> Tensor:
        """Backbone tokens [B, V, C] of the visible patches."""
        with torch.set_grad_enabled(self.trainable and torch.is_grad_enabled()):
            return self.network.backbone.forward_visible(self.images, mask)
