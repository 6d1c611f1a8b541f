"""Crops of Human3.6M as RegDA's code makes them, for :class:`Human36MRGB`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmpose_uda.errors import UserError, writing
from mmpose_uda.whole_files import write_whole

from .at_once import done_at_once
from .base import PAGE
from .camera import project
from .crop_box import Box, keypoint_box, square_crop
from .h36m_annotations import IMAGES, PARTS, TREE, Frame, annotation_file, read_frames
from .human36m import CROPS, LIST, SUBJECTS
from .image_file import write_image

_STEP = 5  # every fifth image is used
_SIDE = 512  # px
# joint of Human3.6M for each keypoint of HUMAN16; the thorax is between the shoulders
_JOINTS = [3, 2, 1, 4, 5, 6, 0, 11, 8, 10, 16, 15, 14, 11, 12, 13]
_THORAX, _SHOULDERS = 7, [12, 13]


@dataclass
class _Crop:
    """What to crop from an image.

    ``points`` [16, 3] are in mm along the camera's axes, ``box`` are the first and last
    pixels (xyxy).
    """

    name: str
    size: tuple[int, int]
    points: np.ndarray
    camera: dict[str, np.ndarray]
    box: Box

    def to_sample(self) -> dict[str, Any]:
        """Return the entry for the list, with the keypoints and camera of the crop.

        Unlike in RegDA's code, the principal point moves with the crop, so that
        ``keypoint3d`` is the original pose.
        """
        left, upper, right, _ = self.box
        zoom = _SIDE / (right - left + 1)
        camera = dict(
            focal=zoom * self.camera['focal'],
            principal_point=zoom * (self.camera['principal_point'] - [left, upper]),
        )
        matrix = np.diag([*camera['focal'], 1.0])
        matrix[:2, 2] = camera['principal_point']
        return dict(
            name=self.name,
            keypoint2d=project(self.points, camera).tolist(),
            keypoint3d=self.points.tolist(),
            intrinsic_matrix=matrix.tolist(),
        )


def convert_h36m(root: str, workers: int) -> Iterator[str]:
    """Crop every fifth image and list the crops, beside the images.

    A crop that exists is not made again, so an interrupted run can be continued.

    Args:
        root (str): The folder of the annotations and images; ``crop_images`` and
            ``annotations/keypoints2d_<subject>.json`` are written to it.
        workers (int): Number of images cropped at the same time.

    Yields:
        str: What was done, one sentence per subject.

    Raises:
        UserError: Something is missing, damaged or contradictory, or cannot be written.
    """
    folder = Path(root)
    subjects = [subject for split in SUBJECTS.values() for subject in split]
    files = (annotation_file(s, part) for s in subjects for part in PARTS)
    for name in [IMAGES, *files]:
        if not (folder / name).exists():
            raise UserError(
                f'The folder `{root}` has no `{name}`: it must hold Human3.6M as\n'
                f'{TREE.strip()}\n({PAGE}).'
            )
    for subject in subjects:
        frames = read_frames(root, subject, lambda position, _: position % _STEP == 0)
        crops = [_to_crop(frame) for frame in frames]
        missing = [c for c in crops if not _crop_path(folder, c.name).exists()]
        write = partial(_write_crop, folder)
        done_at_once(write, missing, workers, f'subject {subject}', 'crop')
        path = folder / LIST.format(subject)
        with writing(path):
            write_whole(path, json.dumps([crop.to_sample() for crop in crops]))
        yield f'subject {subject}: {len(crops)} crops, {len(missing)} of them new'


def _to_crop(frame: Frame) -> _Crop:
    points = frame.points[_JOINTS]
    points[_THORAX] = points[_SHOULDERS].mean(0)
    box = square_crop(keypoint_box(project(points, frame.camera)), frame.size)
    return _Crop(frame.name, frame.size, points, frame.camera, box)


def _crop_path(folder: Path, name: str) -> Path:
    """Path of a crop, which must be inside the folder of crops."""
    crops = (folder / CROPS).resolve()
    path = (crops / name).resolve()
    if crops not in path.parents:
        raise UserError(f'The image name `{name}` leads out of the folder: correct it.')
    return path


def _write_crop(folder: Path, crop: _Crop) -> None:
    source = folder / IMAGES / crop.name
    image = cv2.imread(str(source))
    if image is None:
        raise UserError(
            f'The image `{source}` is missing or does not decode: unpack it again.'
        )
    if image.shape[1::-1] != crop.size:
        raise UserError(
            f'The image `{source}` is {image.shape[1]} x {image.shape[0]} px, but '
            f'{crop.size[0]} x {crop.size[1]} in its annotation: use files that match.'
        )
    left, upper, right, lower = crop.box
    pixels = image[upper : lower + 1, left : right + 1]
    shrinks = len(pixels) > _SIDE
    pixels = cv2.resize(
        pixels,
        (_SIDE, _SIDE),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC,
    )
    write_image(_crop_path(folder, crop.name), pixels)
