"""Recognise images that are nearly the same as an earlier one."""

import itertools
from collections import defaultdict

import cv2
import numpy as np

_SIDE = 32
_MEAN, _MAX = 1.5, 16.0  # differences in grey levels of 255, of thumbnails of 32 x 32 px
_CELL = 4 * _MEAN  # near-duplicates differ by at most this in the mean of each quarter
_AROUND = list(itertools.product((-1, 0, 1), repeat=4))


class Thinner:
    """Remembers images as thumbnails, and recognises those that are nearly one of them.

    Both the mean and the largest difference of two thumbnails must be small, because frames
    of a still camera differ only in a few places, where somebody moves. Thumbnails are
    sorted into cells by the mean grey of their four quarters, so that each is compared only
    with the few that can be near enough.
    """

    def __init__(self):
        self._cells: dict[tuple[int, ...], list[np.ndarray]] = defaultdict(list)

    def is_new(self, image: np.ndarray) -> bool:
        """Whether an image [h, w, 3] is unlike all earlier ones; if so, remember it."""
        thumbnail = _thumbnail(image)
        cell = _cell(thumbnail)
        for shift in _AROUND:
            near = self._cells.get(tuple(map(sum, zip(cell, shift))))
            if near and _has_nearly(near, thumbnail):
                return False
        self._cells[cell].append(thumbnail)
        return True


def _thumbnail(image: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32)


def _cell(thumbnail: np.ndarray) -> tuple[int, ...]:
    half = _SIDE // 2
    quarters = thumbnail.reshape(2, half, 2, half).mean((1, 3)).ravel()
    return tuple((quarters // _CELL).astype(int).tolist())


def _has_nearly(kept: list[np.ndarray], thumbnail: np.ndarray) -> bool:
    apart = np.abs(np.stack(kept) - thumbnail)
    return bool(((apart.mean((1, 2)) < _MEAN) & (apart.max((1, 2)) < _MAX)).any())
