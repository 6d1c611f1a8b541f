"""Built-in data on disk: generated once, and either complete or absent."""

import contextlib
import errno
import fcntl
import glob
import hashlib
import json
import os
import os.path as osp
import shutil
from collections.abc import Iterator
from typing import Optional

import cv2

from mmpose_uda.decoded_images import decode_once
from mmpose_uda.errors import UserError

from .animal import animal_body
from .hand import hand_body
from .human import human_body
from .human17 import human17_body
from .writer import DOMAINS, write_dataset

# Increment those of which pictures or labels change.
VERSIONS = dict(hand=7, human=8, human17=8, animal=7)
BODIES = dict(hand=hand_body, human=human_body, human17=human17_body, animal=animal_body)
_BYTES_PER_PIXEL = 1.2  # of an image, its mask and its labels, rounded up
_BYTES_PER_FILE = 8192  # last blocks and directory entries of both files


def ensure_builtin(
    name: str,
    root: str,
    seed: int = 0,
    num_train: int = 4000,
    num_test: int = 600,
    image_size: int = 128,
    workers: Optional[int] = None,
) -> dict:
    """Generate a built-in data set unless it exists already.

    The data is written to a folder beside `root` that is renamed when it is complete:
    a killed run leaves no incomplete data set, and the next one removes its remains.
    Concurrent processes wait for the first and use its data. Images and masks are decoded
    once to files beside them (:mod:`mmpose_uda.decoded_images`).

    Args:
        name (str): The body: 'hand', 'human', 'human17' or 'animal'.
        root (str): Folder of the data set.
        seed (int): Seed of everything random.
        num_train (int): Training images of each domain.
        num_test (int): Test images of each domain.
        image_size (int): Width and height of the images in px.
        workers (int, optional): Number of processes, by default one per core. The data
            does not depend on it.

    Returns:
        dict: The manifest: parameters, hashes and counts.

    Raises:
        UserError: If `name` is unknown, a number is too small, `root` holds other or
            damaged data (nothing is ever deleted there), or the disk is too full.
    """
    if name not in BODIES:
        raise UserError(
            f"There is no built-in data set '{name}': choose one of "
            f'{", ".join(sorted(BODIES))}.'
        )
    _check_numbers(
        num_train=(num_train, 1),
        num_test=(num_test, 1),
        image_size=(image_size, 1),
        workers=(1 if workers is None else workers, 1),
        seed=(seed, 0),
    )
    parameters = dict(
        name=name,
        version=VERSIONS[name],
        seed=seed,
        num_train=num_train,
        num_test=num_test,
        image_size=image_size,
    )
    root = osp.realpath(root)
    manifest = _finished(root, parameters)
    with _telling_refusals(root):
        if manifest is None:
            os.makedirs(osp.dirname(root), exist_ok=True)
            with _alone(root):
                manifest = _finished(root, parameters)
                manifest = manifest or _make(root, parameters, workers or _cores())
    # decoded files only speed up reading: a full or protected disk is no error here
    with contextlib.suppress(OSError), _alone(root):
        _decode(root)
    return manifest


@contextlib.contextmanager
def _telling_refusals(root: str) -> Iterator[None]:
    """Turn errors of a full or protected disk into messages on what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f'The disk became full while the built-in data was written to {root}: '
                'free some space and run again.'
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise UserError(
                f'The built-in data cannot be written to {root} ({error.strerror}): '
                'choose a folder that can be written to.'
            ) from error
        raise


@contextlib.contextmanager
def _alone(root: str) -> Iterator[None]:
    """Lock a data set against other processes."""
    parent, base = osp.split(root)
    with open(osp.join(parent, f'.{base}.lock'), 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _decode(root: str) -> None:
    for domain in DOMAINS:
        decode_once(osp.join(root, domain, 'images'), cv2.IMREAD_COLOR)
        decode_once(osp.join(root, domain, 'masks'), cv2.IMREAD_GRAYSCALE)


def _finished(root: str, parameters: dict) -> Optional[dict]:
    """The manifest if `root` holds the requested data, None if there is nothing."""
    if not osp.lexists(root) or (osp.isdir(root) and not os.listdir(root)):
        return None
    remedy = 'move or delete that folder, or choose another one'
    try:
        with open(osp.join(root, 'manifest.json')) as file:
            manifest = json.load(file)
        found = manifest['parameters']
        hashes = manifest['files']
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f'{root} is no finished built-in data set: {remedy}.') from error
    if found != parameters:
        other = ', '.join(
            f'{key}={found.get(key)} instead of {value}'
            for key, value in parameters.items()
            if found.get(key) != value
        )
        raise UserError(
            f'{root} holds built-in data of other parameters ({other}): {remedy}.'
        )
    _require_whole(root, found['num_train'] + found['num_test'], hashes)
    return manifest


def _require_whole(root: str, images: int, hashes: dict[str, str]) -> None:
    """Refuse a data set with missing images, or with changed annotation files."""
    for domain in DOMAINS:
        for folder in ('images', 'masks'):
            path = osp.join(root, domain, folder)
            there = len(os.listdir(path)) if osp.isdir(path) else 0
            if there != images:
                raise UserError(
                    f'{path} is damaged ({there} files instead of {images}): delete '
                    f'{root} and run again.'
                )
    for file_name, wanted in hashes.items():
        path = osp.join(root, file_name)
        if not osp.isfile(path) or _sha256(path) != wanted:
            raise UserError(f'{path} was changed or deleted: delete {root} and run again.')


def _make(root: str, parameters: dict, workers: int) -> dict:
    """Write the data beside `root` and move it there. The caller holds the lock."""
    parent, base = osp.split(root)
    for remains in glob.glob(glob.escape(osp.join(parent, f'.{base}.partial')) + '*'):
        shutil.rmtree(remains)
    images = 2 * (parameters['num_train'] + parameters['num_test'])
    needed = space_needed(images, parameters['image_size'])
    free = shutil.disk_usage(parent).free
    if free < needed:
        raise UserError(
            f'The built-in data in {root} needs {needed / 1e6:.0f} MB and '
            f'{free / 1e6:.0f} MB are free: free some space or choose another folder.'
        )
    partial = osp.join(parent, f'.{base}.partial-{os.getpid()}')
    os.makedirs(partial)
    try:
        hashes = write_dataset(
            BODIES[parameters['name']](),
            partial,
            parameters['seed'],
            dict(train=parameters['num_train'], test=parameters['num_test']),
            parameters['image_size'],
            workers,
        )
        manifest = dict(parameters=parameters, **hashes)
        with open(osp.join(partial, 'manifest.json'), 'w') as file:
            json.dump(manifest, file, indent=1)
        os.rename(partial, root)
    except BaseException:
        with contextlib.suppress(OSError):
            shutil.rmtree(partial)
        raise
    return manifest


def _check_numbers(**numbers: tuple[int, int]) -> None:
    """Refuse values below their minimum: name -> (value, minimum)."""
    for name, (value, least) in numbers.items():
        if value < least:
            raise UserError(
                f'`{name}` of the built-in data is {value}: let it be {least} or more.'
            )


def space_needed(images: int, image_size: int) -> float:
    """Estimate the disk space in bytes of a number of images with their masks."""
    return images * (_BYTES_PER_FILE + image_size**2 * _BYTES_PER_PIXEL)


def _sha256(path: str) -> str:
    """SHA-256 of a file."""
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


def _cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0))
