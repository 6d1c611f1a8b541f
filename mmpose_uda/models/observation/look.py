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
    """A network looking at images, once and only when somebody asks.

    Args:
        network (nn.Module): A stock pose estimator.
        images (list[Tensor]): Of each view, [B, 3, H, W], normalised. They are looked at
            as one batch; until then each may be replaced.
        attention_layers (Sequence[int]): Backbone layers whose attention to record.
        captured_features (Sequence[str]): Modules whose output to record.
        trainable (bool): Whether gradients may reach the network.
        updates_statistics (bool): Whether BatchNorm layers take the images into their
            running statistics.
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
        """Of each view feature maps, attention by layer and captured features by name."""
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
        """Call something of the network with gradients and statistics as they are to be.

        Args:
            forward (Callable): It.
            captured (dict): Gets what is recorded on the way.
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

        # compiled, the hooks of the first step would go on recording for that
        is_recorded = self.attention_layers or self.captured_features
        return uncompiled(look)() if is_recorded else look()


def _share(values: dict, sizes: list[int], view: int) -> dict:
    """What belongs to one view, of tensors whose first axis is that of all of them."""
    return {key: value.split(sizes)[view] for key, value in values.items()}
