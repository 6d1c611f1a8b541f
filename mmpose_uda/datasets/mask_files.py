"""Masks of the foreground, in image files or as arrays in .npz files.

The path of a mask is an image file, or ``FILE.npz:ARRAY`` for one array of an .npz file.
"""

from typing import Optional

import cv2
import numpy as np
from mmengine import fileio

from mmpose_uda.datasets.faults import quoted
from mmpose_uda.datasets.files import load_npz
from mmpose_uda.decoded_images import read_decoded
from mmpose_uda.errors import UserError

_ARRAYS = '.npz'
_FOREGROUND = 128  # and above


class MaskValuesError(UserError):
    """A mask of labels of which none is known to be the foreground.

    Args:
        path (str): Path of the mask.
        values (list[int]): The values in it.
    """

    def __init__(self, path: str, values: list[int]):
        self.values = quoted(values)
        super().__init__(
            f'The mask `{path}` has the values {self.values}, all of them background: '
            'write 255 where the foreground is, and 0 elsewhere.'
        )


def file_of_mask(path: str) -> str:
    """The file that contains a mask."""
    return _split(path)[0]


def load_mask(path: str, values: Optional[tuple] = None) -> np.ndarray:
    """Load a mask [H, W] uint8; if it has 0 and one other value, that becomes 255.

    Args:
        path (str): See the module.
        values (tuple, optional): Lowest and highest label of what becomes 255, all else 0:
            two numbers, or two triples (blue, green, red) for labels that are colours.

    Raises:
        OSError: The file does not exist.
        UserError: The .npz file is damaged, or lacks the array.
        ValueError: It does not decode, or the array is not a mask.
        MaskValuesError: It has several values, all of which mean background.
    """
    file, array = _split(path)
    if array:
        mask = load_npz(file, array)
        if mask.ndim != 2 or mask.dtype != np.uint8 or not mask.size:
            raise ValueError(f'{mask.dtype} of {mask.shape}')
    else:
        in_colour = values is not None and np.ndim(values[0])
        mask = _decoded(path, cv2.IMREAD_COLOR if in_colour else cv2.IMREAD_GRAYSCALE)
    if values is not None:
        return cv2.inRange(mask, *values)
    return _spread(mask, path)


def _spread(mask: np.ndarray, path: str) -> np.ndarray:
    highest = mask.max()
    if highest in (0, 255):
        return mask
    if ((mask == 0) | (mask == highest)).all():  # 0 and 1, as some tools write
        return np.where(mask, 255, 0).astype(np.uint8)
    if highest < _FOREGROUND:
        raise MaskValuesError(path, np.unique(mask).tolist())
    return mask


def fit_mask(mask: np.ndarray, size: tuple[int, int]) -> Optional[np.ndarray]:
    """Enlarge a mask to the size of its image; None if it does not fit the image.

    Some masks are rendered at a half or a quarter of the resolution.

    Args:
        mask (np.ndarray): [h, w].
        size (tuple[int, int]): Height and width of the image, a whole multiple of h and w.
    """
    times = size[0] // mask.shape[0]
    if (mask.shape[0] * times, mask.shape[1] * times) != tuple(size):
        return None
    return mask if times == 1 else mask.repeat(times, 0).repeat(times, 1)


def _split(path: str) -> tuple[str, str]:
    """The file, and the name of the array in it, '' for an image."""
    file, mark, array = path.rpartition(f'{_ARRAYS}:')
    return (file + _ARRAYS, array) if mark else (path, '')


def _decoded(path: str, how: int) -> np.ndarray:
    mask = read_decoded(path, how)
    if mask is not None:
        return mask
    data = np.frombuffer(fileio.get(path), np.uint8)
    try:
        mask = cv2.imdecode(data, how)
    except cv2.error:
        mask = None
    if mask is None:
        raise ValueError('no image')
    return mask
