"""Decode images and masks, and find their sizes and faults."""

import io
import os
import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, Optional, TypeVar, Union

import mmcv
from mmengine import fileio
from PIL import Image
from rich.console import Console
from rich.progress import track

from mmpose_uda.datasets.image_size import exif_orientation, is_turning
from mmpose_uda.datasets.mask_files import MaskValuesError, fit_mask, load_mask
from mmpose_uda.errors import UserError

_SEED = 0
_THREADS = min(8, os.cpu_count() or 1)
_END_OF_JPEG = b'\xff\xd9'

_Item = TypeVar('_Item')
_Found = TypeVar('_Found')


@dataclass
class ImageFacts:
    """What is known about an image file.

    Args:
        fault (str): What is wrong with it, worded to follow 'it'; '' for nothing.
        size (tuple[int, int], optional): Width and height as training loads it, px.
        stored (tuple[int, int], optional): The same before its EXIF orientation is applied.
        orientation (int): EXIF orientation, 1 for upright.
    """

    fault: str = ''
    size: Optional[tuple[int, int]] = None
    stored: Optional[tuple[int, int]] = None
    orientation: int = 1

    @property
    def is_turned(self) -> bool:
        """Whether loading swaps its width and height."""
        return is_turning(self.orientation)


def choose_images(paths: Sequence[str], images: Union[Literal['all'], int]) -> list[str]:
    """All of the paths, or a given number of random ones, the same each time."""
    if images == 'all' or images >= len(paths):
        return list(paths)
    return sorted(random.Random(_SEED).sample(list(paths), images))


def look_at_all(paths: Iterable[str]) -> dict[str, ImageFacts]:
    """Decode images in threads: path -> what is known about it."""
    paths = list(dict.fromkeys(paths))
    return dict(zip(paths, in_threads(look_at, paths, 'decoding images')))


def look_at(path: str) -> ImageFacts:
    """Decode an image as training does."""
    try:
        data = fileio.get(path)
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return ImageFacts('is missing')
    facts = _header_of(data)
    if facts.fault:
        return facts
    try:
        image = mmcv.imfrombytes(data)
    except Exception:  # OpenCV raises anything from bad bytes
        image = None
    if image is None:
        return ImageFacts('does not decode')
    facts.size = image.shape[1::-1]
    return facts


def mask_fault(
    path: str, size: Optional[tuple[int, int]], values: Optional[tuple] = None
) -> str:
    """What is wrong with a mask, worded to follow 'it'; '' for nothing.

    Args:
        path (str): Path of the mask.
        size (tuple[int, int], optional): Width and height of its image, px, if known.
        values (tuple, optional): Labels of its foreground, see :func:`load_mask`.
    """
    try:
        mask = load_mask(path, values)
    except OSError:
        return 'is missing'
    except MaskValuesError as error:
        return f'has the values {error.values}, all of them background'
    except (UserError, ValueError):
        return 'does not decode'
    if size is None or fit_mask(mask, size[::-1]) is not None:
        return ''
    return f'is {mask.shape[1]} x {mask.shape[0]} px, its image {size[0]} x {size[1]}'


def in_threads(
    function: Callable[[_Item], _Found], items: Sequence[_Item], what: str
) -> list[_Found]:
    """Apply a function to items in threads, in order, with a progress bar on a terminal."""
    console = Console(stderr=True)
    with ThreadPoolExecutor(_THREADS) as pool:
        found: Any = pool.map(function, items)
        if console.is_terminal:
            found = track(found, what, len(items), console=console, transient=True)
        return list(found)


def _header_of(data: bytes) -> ImageFacts:
    """Facts that Pillow knows better: orientation, and whether the file is truncated.

    Some versions of OpenCV fill the missing part of a JPEG with grey, and training would
    learn from that.
    """
    facts = ImageFacts()
    try:
        with Image.open(io.BytesIO(data)) as image:
            facts.stored = image.size
            facts.orientation = exif_orientation(image)
            if image.format == 'JPEG' and _END_OF_JPEG not in data[-1024:]:
                image.load()
    except Exception as error:
        # a file that Pillow cannot read for another reason is fine if training can load it
        if 'image file is truncated' in str(error):
            facts.fault = 'is cut off'
    return facts
