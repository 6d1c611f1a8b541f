"""Images of one size that are decoded once and then read through a memory map.

A folder of images gets in a sibling ``decoded`` a .npy file of pixels and an index of what
it was made of. Who reads an image asks :func:`read_decoded`, which knows by size and time
of change whether the file is still the one that was decoded.
"""

import functools
import hashlib
import json
import os
import os.path as osp
import shutil
from typing import NamedTuple, Optional

import cv2
import numpy as np

from mmpose_uda.whole_files import whole_file, write_whole

_FOLDER = 'decoded'
_NO_ROW = -1  # of a file that does not decode, or not to the common size
_SHARE_OF_FREE = 0.25  # of a disk that pixels may take


class _Decoded(NamedTuple):
    """Pixels [N, H, W(, 3)], and the row of a file in them, its size and time of change."""

    pixels: np.ndarray
    files: dict[str, list[int]]


def decode_once(folder: str, flags: int) -> None:
    """Decode the images of a folder, unless that is done.

    Pixels are in a file of their own name, and there whole before the index names it: who
    reads meanwhile finds what is right or nothing. Nothing is written where the disk has
    little room. Two processes must not call this at once.

    Args:
        folder (str): Of images of one size.
        flags (int): Of ``cv2.imdecode``.

    Raises:
        OSError: The place cannot be written to.
    """
    states = {}
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            states[entry.name] = _state(entry.stat())
    index = _index_of(folder)
    found = _read(index)
    if found and {name: state for name, (_, *state) in found.files.items()} == states:
        return
    images = {name: _decode(osp.join(folder, name), flags) for name in states}
    shapes = [image.shape for image in images.values() if image is not None]
    if shapes:
        _write(index, states, images, max(set(shapes), key=shapes.count))


def read_decoded(path: str) -> Optional[np.ndarray]:
    """Pixels of an image as decoding gives them, in an array of the caller's own.

    Args:
        path (str): Of the image.

    Returns:
        np.ndarray: [H, W, 3] BGR or [H, W]; None if the file, as it now is, has not
        been decoded.
    """
    folder, name = osp.split(path)
    decoded = _opened(_index_of(folder))
    if decoded is None or name not in decoded.files:
        return None
    row, *state = decoded.files[name]
    try:
        is_same = state == _state(os.stat(path))
    except OSError:
        return None
    return np.array(decoded.pixels[row]) if is_same and row != _NO_ROW else None


def _state(found: os.stat_result) -> list[int]:
    return [found.st_size, found.st_mtime_ns]


def _index_of(folder: str) -> str:
    parent, name = osp.split(osp.normpath(folder))
    return osp.join(parent, _FOLDER, f'{name}.json')


def _decode(path: str, flags: int) -> Optional[np.ndarray]:
    with open(path, 'rb') as file:
        content = np.frombuffer(file.read(), np.uint8)
    return cv2.imdecode(content, flags) if content.size else None


def _write(
    index: str,
    states: dict[str, list[int]],
    images: dict[str, Optional[np.ndarray]],
    shape: tuple[int, ...],
) -> None:
    """Write pixels, then the index, then remove the pixels of an earlier one."""
    folder, name = osp.split(index)
    os.makedirs(folder, exist_ok=True)
    fitting = [n for n, image in images.items() if getattr(image, 'shape', None) == shape]
    if len(fitting) * np.prod(shape) > _SHARE_OF_FREE * shutil.disk_usage(folder).free:
        return
    rows = {name: row for row, name in enumerate(fitting)}
    files = {name: [rows.get(name, _NO_ROW), *state] for name, state in states.items()}
    stem = name.removesuffix('.json')
    key = hashlib.sha256(json.dumps(files).encode()).hexdigest()[:16]
    pixels = f'{stem}-{key}.npy'
    with whole_file(osp.join(folder, pixels)) as partial, open(partial, 'wb') as file:
        header = dict(descr='|u1', fortran_order=False, shape=(len(fitting), *shape))
        np.lib.format.write_array_header_1_0(file, header)
        file.writelines(images[name].tobytes() for name in fitting)
    write_whole(index, json.dumps(dict(pixels=pixels, files=files)))
    for other in os.listdir(folder):
        if other.startswith(f'{stem}-') and other != pixels:
            os.unlink(osp.join(folder, other))


@functools.cache  # a process reads few folders
def _opened(index: str) -> Optional[_Decoded]:
    return _read(index)


def _read(index: str) -> Optional[_Decoded]:
    """What an index says; None if there is none, or it or its pixels are of no use."""
    try:
        with open(index) as file:
            found = json.load(file)
        path = osp.join(osp.dirname(index), osp.basename(found['pixels']))
        decoded = _Decoded(np.load(path, mmap_mode='r'), found['files'])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    rows = [row for row, *_ in decoded.files.values()]
    return decoded if max(rows) < len(decoded.pixels) else None
