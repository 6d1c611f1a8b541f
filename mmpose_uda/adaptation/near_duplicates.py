"""Images that are nearly the same as one before."""

import cv2
import numpy as np

_SIDE = 32
_MEAN, _MAX = 1.5, 16.0  # grey levels of 255, of images 32 px wide and high


class Thinner:
    """Remembers images as thumbnails, and tells those that are nearly one of them.

    Both the mean and the largest difference of two thumbnails must be small: a still camera
    gives frames that differ in a few places, where somebody moves.

    Attributes:
        dropped (int): How many were.
    """

    def __init__(self):
        self.dropped = 0
        self._kept = np.zeros((0, _SIDE * _SIDE), np.float32)

    def is_new(self, image: np.ndarray) -> bool:
        """Whether an image [h, w, 3] is unlike all before; it is remembered then."""
        thumbnail = _thumbnail(image)
        apart = np.abs(self._kept - thumbnail)
        if ((apart.mean(1) < _MEAN) & (apart.max(1) < _MAX)).any():
            self.dropped += 1
            return False
        self._kept = np.vstack([self._kept, thumbnail])
        return True


def _thumbnail(image: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return small.reshape(1, -1).astype(np.float32)
