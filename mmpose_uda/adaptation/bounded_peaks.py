"""Keep the sub-cell peaks of stock heatmaps near the highest cell.

mmpose's codecs with ``unbiased=True`` (DARK, Zhang et al. 2020), and those of UDP, place
a keypoint at the vertex of a paraboloid through the logarithms around the highest cell.
If that cell is on a ridge or a plateau instead of a peak, the vertex may be anywhere: one
of 300 images had a keypoint a hundred box lengths away, which dominated the mean. An
exported model must predict the same here and in stock mmpose, so codecs are changed only
where models are compared.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
from mmpose.codecs import msra_heatmap, udp_heatmap

_MOST = 1.0  # cells; except for the blur, the vertex of a peak is within the highest cell


@contextmanager
def bounded_peaks() -> Iterator[None]:
    """Make stock codecs use the highest cell if the vertex is elsewhere."""
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
