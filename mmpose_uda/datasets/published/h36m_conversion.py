"""Crops of Human3.6M as RegDA's code makes them, for :class:`Human36MRGB`."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from mmpose_uda.datasets.files import load_json
from mmpose_uda.errors import UserError, writing
from mmpose_uda.whole_files import whole_file, write_whole

from .crop_box import keypoint_box, square_crop
from .human36m import CROPS, LIST, SUBJECTS

RAW_TREE = """
annotations/Human36M_subject1_camera.json  _data.json  _joint_3d.json  (5 6 7 8 9 11 too)
images/s_01_act_02_subact_01_ca_01/*.jpg ...
"""
_PARTS = ('camera', 'data', 'joint_3d')
_STEP = 5  # one image of so many is used
_SIDE = 512  # px
# of each keypoint of HUMAN16, the joint of Human3.6M; the thorax is between the shoulders
_JOINTS = [3, 2, 1, 4, 5, 6, 0, 11, 8, 10, 16, 15, 14, 11, 12, 13]
_THORAX, _SHOULDERS = 7, [12, 13]


@dataclass
class _Frame:
    """An image and what is to be cropped of it.

    ``points`` [16, 3] are in mm of the camera's frame, ``camera`` is its intrinsic matrix
    [3, 3], ``box`` are the first and last pixels (xyxy) of the crop.
    """

    name: str
    size: tuple[int, int]
    points: np.ndarray
    camera: np.ndarray
    box: tuple[int, int, int, int]

    def to_sample(self) -> dict[str, Any]:
        """The entry of the list: keypoints and camera are those of the crop.

        Other than in RegDA's code the principal point moves with the crop, so that
        ``keypoint3d`` is the pose as it was.
        """
        left, upper, right, _ = self.box
        zoom = _SIDE / (right - left + 1)
        camera = np.diag([zoom, zoom, 1]) @ (
            self.camera - [[0, 0, left], [0, 0, upper], [0, 0, 0]]
        )
        return dict(
            name=self.name,
            keypoint2d=_project(self.points, camera).tolist(),
            keypoint3d=self.points.tolist(),
            intrinsic_matrix=camera.tolist(),
        )


def convert_h36m(root: str, workers: int) -> Iterator[str]:
    """Crop every fifth image and list the crops, beside the images.

    A crop that is there is not made again, so a run that was stopped goes on.

    Args:
        root (str): The folder of the annotations and images; gets ``crop_images`` and
            ``annotations/keypoints2d_<subject>.json``.
        workers (int): Images that are cropped at the same time.

    Yields:
        str: What was done, a sentence a subject.

    Raises:
        UserError: Something is missing, damaged or contradictory, or cannot be written.
    """
    folder = Path(root)
    if workers < 1:
        raise UserError(f'--workers is {workers}: it must be at least 1.')
    subjects = [subject for split in SUBJECTS.values() for subject in split]
    for name in ['images', *(_ann_file(s, part) for s in subjects for part in _PARTS)]:
        if not (folder / name).exists():
            raise UserError(
                f'The folder `{root}` has no `{name}`: it must hold Human3.6M as\n'
                f'{RAW_TREE.strip()}\n(docs/datasets.md).'
            )
    for subject in subjects:
        frames = _read_frames(folder, subject)
        missing = [f for f in frames if not _crop_path(folder, f.name).exists()]
        # OpenCV lets go of the interpreter; after an error what is begun is finished, and
        # no more
        with ThreadPoolExecutor(workers) as pool:
            made = pool.map(_crop, [folder] * len(missing), missing)
            for _ in tqdm(made, f'subject {subject}', len(missing), unit='crop'):
                pass
        path = folder / LIST.format(subject)
        with writing(path):
            write_whole(path, json.dumps([frame.to_sample() for frame in frames]))
        yield f'subject {subject}: {len(frames)} crops, {len(missing)} of them new'


def _ann_file(subject: int, part: str) -> str:
    return f'annotations/Human36M_subject{subject}_{part}.json'


def _read_frames(folder: Path, subject: int) -> list[_Frame]:
    cameras, data, joints = (
        load_json(str(folder / _ann_file(subject, part))) for part in _PARTS
    )
    try:
        return [_to_frame(image, cameras, joints) for image in data['images'][::_STEP]]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UserError(
            f'The annotations `{folder / _ann_file(subject, "*")}` do not go together, or '
            f'are damaged ({error!r}): unpack them again.'
        ) from error


def _to_frame(image: dict, cameras: dict, joints: dict) -> _Frame:
    action, subaction, number = (
        str(image[f'{key}_idx']) for key in ('action', 'subaction', 'frame')
    )
    points = np.array(joints[action][subaction][number], np.float64)[_JOINTS]
    points[_THORAX] = points[_SHOULDERS].mean(0)
    found = cameras[str(image['cam_idx'])]
    rotation, translation = (np.array(found[key], np.float64) for key in ('R', 't'))
    points = points @ rotation.T + translation.reshape(3)
    camera = np.diag([*found['f'], 1.0])
    camera[:2, 2] = found['c']
    size = int(image['width']), int(image['height'])
    box = square_crop(keypoint_box(_project(points, camera)), size)
    return _Frame(image['file_name'], size, points, camera, box)


def _project(points: np.ndarray, camera: np.ndarray) -> np.ndarray:
    """Points [K, 3] in mm to [K, 2] in px."""
    pixels = points @ camera.T
    return pixels[:, :2] / pixels[:, 2:]


def _crop_path(folder: Path, name: str) -> Path:
    """Where a crop goes: nowhere but into its folder, whatever the name says."""
    crops = (folder / CROPS).resolve()
    path = (crops / name).resolve()
    if crops not in path.parents:
        raise UserError(f'The image name `{name}` leads out of the folder: mend it.')
    return path


def _crop(folder: Path, frame: _Frame) -> None:
    source = folder / 'images' / frame.name
    image = cv2.imread(str(source))
    if image is None:
        raise UserError(
            f'The image `{source}` is missing or does not decode: unpack it again.'
        )
    if image.shape[1::-1] != frame.size:
        raise UserError(
            f'The image `{source}` is {image.shape[1]} x {image.shape[0]} px, by its '
            f'annotation {frame.size[0]} x {frame.size[1]}: take those that go together.'
        )
    left, upper, right, lower = frame.box
    crop = image[upper : lower + 1, left : right + 1]
    shrinks = len(crop) > _SIDE
    crop = cv2.resize(
        crop,
        (_SIDE, _SIDE),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC,
    )
    path = _crop_path(folder, frame.name)
    with writing(path), whole_file(path) as partial:
        partial.write_bytes(cv2.imencode(path.suffix, crop)[1].tobytes())
