"""Decode images of one size once, and read them through a memory map from then on.

The sibling folder ``decoded`` of a folder of images holds a .npy file of their pixels and
an index of the files that it was made from. :func:`read_decoded` reads an image from it,
after checking by size and modification time that the file has not changed since.
"""

import functools
import hashlib
import json
import math
import os
import os.path as osp
import shutil
from typing import NamedTuple, Optional

import cv2
import numpy as np

from mmpose_uda.whole_files import whole_file, write_whole

_FOLDER = 'decoded'
_NO_ROW = -1  # the file does not decode, or not to the size of the first one
_SHARE_OF_FREE = 0.25  # share of the free disk space that pixels may take


class _Decoded(NamedTuple):
    """Pixels [N, H, W(, 3)], and for each file its row, size and modification time.

    ``flags`` are those of ``cv2.imdecode``.
    """

    pixels: np.ndarray
    files: dict[str, list[int]]
    flags: int


def decode_once(folder: str, flags: int) -> None:
    """Decode the images of a folder, unless that has been done.

    Each version of the pixels has its own file, which is written whole before the index
    names it: a concurrent reader finds the right pixels or none. Nothing is written if the
    disk has little room. Two processes must not call this at the same time.

    Args:
        folder (str): Folder of images of one size.
        flags (int): Flags of ``cv2.imdecode``.

    Raises:
        OSError: The folder ``decoded`` cannot be written to.
    """
    states = {}
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            states[entry.name] = _state(entry.stat())
    index = _index_of(folder)
    found = _read(index)
    if found and found.flags == flags:
        if {name: state for name, (_, *state) in found.files.items()} == states:
            return
    _write(folder, index, flags, states)


def read_decoded(path: str, flags: int) -> Optional[np.ndarray]:
    """Return a copy of the decoded pixels of an image.

    Args:
        path (str): Path of the image.
        flags (int): Flags of ``cv2.imdecode``.

    Returns:
        np.ndarray: [H, W, 3] BGR or [H, W]; None if the present file has not been decoded
        with these flags.
    """
    folder, name = osp.split(path)
    decoded = _opened(_index_of(folder))
    if decoded is None or decoded.flags != flags or name not in decoded.files:
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


def _write(folder: str, index: str, flags: int, states: dict[str, list[int]]) -> None:
    """Write pixels, then the index, then remove the pixels of an earlier one."""
    decoded = (_decode(osp.join(folder, name), flags) for name in states)
    shape = next((image.shape for image in decoded if image is not None), None)
    target, name = osp.split(index)
    os.makedirs(target, exist_ok=True)
    room = _SHARE_OF_FREE * shutil.disk_usage(target).free
    if shape is None or len(states) * math.prod(shape) > room:
        return
    stem = name.removesuffix('.json')
    key = hashlib.sha256(json.dumps([flags, states]).encode()).hexdigest()[:16]
    pixels = f'{stem}-{key}.npy'
    files = {}
    with whole_file(osp.join(target, pixels)) as partial, open(partial, 'wb') as file:
        header = dict(descr='|u1', fortran_order=False, shape=(len(states), *shape))
        np.lib.format.write_array_header_1_0(file, header)
        for row, (name, state) in enumerate(states.items()):
            image = _decode(osp.join(folder, name), flags)
            fits = image is not None and image.shape == shape
            file.write(image.tobytes() if fits else bytes(math.prod(shape)))
            files[name] = [row if fits else _NO_ROW, *state]
    write_whole(index, json.dumps(dict(pixels=pixels, flags=flags, files=files)))
    for other in os.listdir(target):
        if other.startswith(f'{stem}-') and other != pixels:
            os.unlink(osp.join(target, other))


@functools.cache  # a process reads few folders
def _opened(index: str) -> Optional[_Decoded]:
    return _read(index)


def _read(index: str) -> Optional[_Decoded]:
    """Read an index and open its pixels; None if either is missing or unusable."""
    try:
        with open(index) as file:
            found = json.load(file)
        path = osp.join(osp.dirname(index), osp.basename(found['pixels']))
        decoded = _Decoded(np.load(path, mmap_mode='r'), found['files'], found['flags'])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return decoded if len(decoded.files) == len(decoded.pixels) else None
