"""A pass of a network over the images of one view, or of several at once."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeVar

import torch
from torch import Tensor, nn

from mmpose_uda.models.utils import (
    capture_attention,
    capture_features,
    running_statistics,
    uncompiled,
)

_Seen = TypeVar('_Seen')


class Look:
    """A network's pass over images, computed at its first use and kept.

    Args:
        network (nn.Module): A stock pose estimator.
        images (list[Tensor]): Of each view, [B, 3, H, W], normalised. They form one batch;
            each may be replaced until that is computed.
        attention_layers (Sequence[int]): Backbone layers whose attention to record.
        captured_features (Sequence[str]): Modules whose output to record.
        trainable (bool): Whether gradients may reach the network.
        updates_statistics (bool): Whether the images feed the running statistics of
            BatchNorm layers.
    """

    def __init__(
        self,
        network: nn.Module,
        images: list[Tensor],
        attention_layers: Sequence[int],
        captured_features: Sequence[str],
        trainable: bool,
        updates_statistics: bool,
    ):
        self.network = network
        self.images = images
        self.attention_layers = attention_layers
        self.captured_features = captured_features
        self.trainable = trainable
        self.updates_statistics = updates_statistics

    @cached_property
    def seen(self) -> list[tuple[tuple[Tensor, ...], dict[int, Tensor], dict[str, Tensor]]]:
        """For each view: feature maps, attention by layer, captured features by name."""
        batch = self.images[0] if len(self.images) == 1 else torch.cat(self.images)
        captured: dict[str, Tensor] = {}
        features, maps = self.do(lambda: self._extract(batch), captured)
        if len(self.images) == 1:
            return [(features, maps, captured)]
        sizes = [len(images) for images in self.images]
        of_views = zip(*(feature.split(sizes) for feature in features))
        return [
            (of_view, _share(maps, sizes, i), _share(captured, sizes, i))
            for i, of_view in enumerate(of_views)
        ]

    def _extract(self, batch: Tensor) -> tuple[tuple[Tensor, ...], dict[int, Tensor]]:
        with capture_attention(self.network.backbone, self.attention_layers) as maps:
            features = self.network.extract_feat(batch)
        return features, maps

    def do(self, forward: Callable[[], _Seen], captured: dict[str, Tensor]) -> _Seen:
        """Run part of the network with gradients, recording and statistics as configured.

        Args:
            forward (Callable): Runs it.
            captured (dict): Receives what is recorded meanwhile.
        """

        def look() -> _Seen:
            if not self.trainable:
                gradients = torch.no_grad()
            else:
                gradients = torch.set_grad_enabled(torch.is_grad_enabled())
            recording = capture_features(self.network, self.captured_features, captured)
            statistics = running_statistics(self.network, self.updates_statistics)
            with gradients, recording, statistics:
                return forward()

        # in compiled code, the hooks of the first step would keep recording for that step
        is_recorded = self.attention_layers or self.captured_features
        return uncompiled(look)() if is_recorded else look()


def _share(values: dict, sizes: list[int], view: int) -> dict:
    """The part of one view in tensors whose first axis spans all views."""
    return {key: value.split(sizes)[view] for key, value in values.items()}
