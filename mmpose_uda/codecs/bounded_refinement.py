"""Peaks of stock heatmaps between cells, but near the cell that is highest.

mmpose's codecs with ``unbiased=True`` (DARK, Zhang et al. 2020), and those of UDP, place
a keypoint at the vertex of a paraboloid through the logarithms around the highest cell.
Where that is no peak, on a ridge or a plateau, the vertex may be anywhere: of 300 images
one had a keypoint a hundred times as far away as its box is long.
"""

import functools
from collections.abc import Callable

import numpy as np
from mmpose.codecs import msra_heatmap, udp_heatmap

_MOST = 1.0  # cells; the vertex of a peak lies within the highest cell, but for the blur


def bound_refinements() -> None:
    """Let the codecs keep the highest cell where the vertex is elsewhere.

    A second call changes nothing.
    """
    for module, name in (
        (msra_heatmap, 'refine_keypoints_dark'),
        (udp_heatmap, 'refine_keypoints_dark_udp'),
    ):
        refine = getattr(module, name)
        if not hasattr(refine, '__wrapped__'):
            setattr(module, name, _bounded(refine))


def _bounded(refine: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    @functools.wraps(refine)
    def refine_nearby(keypoints: np.ndarray, *args, **kwargs) -> np.ndarray:
        cells = keypoints.copy()
        found = refine(keypoints, *args, **kwargs)
        is_near = (np.abs(found - cells)[..., :2] <= _MOST).all(-1, keepdims=True)
        return np.where(is_near, found, cells)

    return refine_nearby
