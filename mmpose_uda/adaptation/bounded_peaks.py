"""Peaks of stock heatmaps between cells, but near the cell that is highest.

mmpose's codecs with ``unbiased=True`` (DARK, Zhang et al. 2020), and those of UDP, place
a keypoint at the vertex of a paraboloid through the logarithms around the highest cell.
Where that is no peak, on a ridge or a plateau, the vertex may be anywhere: of 300 images
one had a keypoint a hundred times as far away as its box is long, which decided the mean.
An exported model must give in stock mmpose what it gives here, so codecs stay as they are
but where models are compared.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
from mmpose.codecs import msra_heatmap, udp_heatmap

_MOST = 1.0  # cells; the vertex of a peak lies within the highest cell, but for the blur


@contextmanager
def bounded_peaks() -> Iterator[None]:
    """Let stock codecs keep the highest cell where the vertex is elsewhere."""
    dark, udp = msra_heatmap.refine_keypoints_dark, udp_heatmap.refine_keypoints_dark_udp
    with (
        patch.object(msra_heatmap, 'refine_keypoints_dark', _bounded(dark)),
        patch.object(udp_heatmap, 'refine_keypoints_dark_udp', _bounded(udp)),
    ):
        yield


def _bounded(refine: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    def refine_nearby(keypoints: np.ndarray, *args, **kwargs) -> np.ndarray:
        cells = keypoints.copy()
        found = refine(keypoints, *args, **kwargs)
        is_near = (np.abs(found - cells)[..., :2] <= _MOST).all(-1, keepdims=True)
        return np.where(is_near, found, cells)

    return refine_nearby
