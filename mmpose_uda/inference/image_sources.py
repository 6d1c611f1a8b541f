"""Inputs of inference: the images of a folder, one image, or the frames of a video."""

import itertools
import os.path as osp
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Union

import cv2
import numpy as np
from mmengine.logging import print_log

from mmpose_uda.datasets.image_folder import (
    BOXES_FILE,
    find_images,
    is_image,
    load_boxes,
    read_boxes,
    require_images,
)
from mmpose_uda.datasets.transforms import LoadPoseImage
from mmpose_uda.errors import UserError

_FAR_LARGER = 100  # times the image's longer side
_FPS = 25.0  # if the file does not state it


@dataclass(frozen=True)
class Frame:
    """An image with the boxes to predict in.

    Attributes:
        name (str): Path relative to the given folder, with slashes; for a video, the name
            of its file.
        image (np.ndarray): [h, w, 3] BGR uint8.
        boxes (np.ndarray, optional): [N, 4], x, y, w, h, px. None for the whole image.
        frame_id (int, optional): Number in its video, from 0.
    """

    name: str
    image: np.ndarray
    boxes: Optional[np.ndarray] = None
    frame_id: Optional[int] = None

    @property
    def corners(self) -> np.ndarray:
        """Boxes [N, 4] float32 as x1, y1, x2, y2, as mmpose takes them."""
        if self.boxes is None:
            height, width = self.image.shape[:2]
            return np.array([[0, 0, width, height]], np.float32)
        return np.hstack([self.boxes[:, :2], self.boxes[:, :2] + self.boxes[:, 2:]])

    @property
    def has_boxes_within(self) -> bool:
        """Whether all boxes overlap the image, and none is far larger than it."""
        height, width = self.image.shape[:2]
        low, high = self.corners[:, :2], self.corners[:, 2:]
        meets = (low < (width, height)) & (high > 0)
        return bool((meets & (high - low < _FAR_LARGER * max(width, height))).all())


def load_frame(path: str, box: Sequence[float]) -> Frame:
    """Load an image with one box.

    Args:
        path (str): The file, whose path becomes the name of the frame.
        box (Sequence[float]): x, y, w, h, px.

    Raises:
        UserError: The image does not decode.
    """
    image = LoadPoseImage()(dict(img_path=path))['img']
    return Frame(path, image, np.array([box], np.float32))


def frame_name(number: int) -> str:
    """Return the name of a frame of a video, as an image and in a file of boxes.

    Args:
        number (int): Number of the frame, from 0.
    """
    return f'{number:06d}.jpg'


class ImageFiles:
    """Images, each a :class:`Frame`; those that do not decode are skipped.

    Args:
        folder (str): Folder that the names are relative to.
        names (list[str]): Names of the images.
        boxes (dict[str, np.ndarray], optional): [N, 4] by name; images without an entry
            are left out.

    Attributes:
        skipped (list[str]): Names of the images that the last iteration skipped.
    """

    def __init__(
        self,
        folder: str,
        names: list[str],
        boxes: Optional[dict[str, np.ndarray]] = None,
    ):
        self.folder = folder
        self.boxes = boxes
        self.names = [n for n in names if boxes is None or n in boxes]
        self.skipped: list[str] = []

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Frame]:
        self.skipped = []
        load = LoadPoseImage()
        for name in self.names:
            try:
                image = load(dict(img_path=osp.join(self.folder, name)))['img']
            except UserError:
                self.skipped.append(name)
                continue
            yield Frame(name, image, self.boxes and self.boxes[name])


class VideoFile:
    """The frames of a video, each a :class:`Frame`.

    Args:
        path (str): The file.
        boxes (str, optional): JSON file of boxes by :func:`frame_name`. Frames that it
            does not name have no box. Without it whole frames are used.

    Attributes:
        name (str): Name of the file.
        fps (float): Frames per second.
        boxes (dict[str, np.ndarray], optional): [N, 4] by name.
        skipped (list[str]): The frames that the file announces but the last iteration did
            not find, in words.

    Raises:
        UserError: It cannot be opened, its first frame does not decode, or the boxes are
            not those of its frames.
    """

    def __init__(self, path: str, boxes: Optional[str] = None):
        self.path = path
        self.name = Path(path).name
        self.skipped: list[str] = []
        video = cv2.VideoCapture(path)
        if not video.isOpened():
            raise UserError(
                f'{path} is not an image (by its suffix) and cannot be opened as a video: '
                'convert it, for example to mp4.'
            )
        self.fps = video.get(cv2.CAP_PROP_FPS) or _FPS
        self._announced = max(0, int(video.get(cv2.CAP_PROP_FRAME_COUNT)))
        if not video.read()[0]:
            raise UserError(
                f'The video {path} has no frame that decodes: check that it is '
                'complete, or convert it, for example to mp4.'
            )
        self.boxes = boxes and self._read_boxes(boxes)

    def __len__(self) -> int:
        return self._announced

    def boxes_of(self, name: str) -> Optional[np.ndarray]:
        """Boxes [N, 4] of a frame, x, y, w, h, px. None for the whole frame.

        Args:
            name (str): Name of the frame, as :func:`frame_name` returns it.
        """
        if self.boxes is None:
            return None
        return self.boxes.get(name, np.zeros((0, 4), np.float32))

    def _read_boxes(self, path: str) -> dict[str, np.ndarray]:
        boxes = read_boxes(path)
        for name in sorted(boxes):
            digits = name.removesuffix('.jpg')
            number = int(digits) if re.fullmatch('[0-9]{6,18}', digits) else -1
            if name != frame_name(number):
                raise UserError(
                    f'`{path}` names `{name}`, which is not a frame of a video: name '
                    'frames by their numbers from 0 in six digits, such as '
                    f'`{frame_name(12)}`.'
                )
            if 0 < len(self) <= number:
                raise UserError(
                    f'`{path}` names `{name}`, but the last frame of {self.path} is '
                    f'`{frame_name(len(self) - 1)}`: count frames from 0.'
                )
        if not boxes:
            raise UserError(f'The boxes file {path} names no frame: add some.')
        return boxes

    def __iter__(self) -> Iterator[Frame]:
        # mmcv's VideoReader would seek, which is not exact in every format
        video = cv2.VideoCapture(self.path)
        for count in itertools.count():
            found, image = video.read()
            if not found:
                break
            boxes = self.boxes_of(frame_name(count))
            yield Frame(self.name, image, boxes, frame_id=count)
        lost = len(self) - count
        self.skipped = [f'the last {lost} frames of {self.name}'] if lost > 0 else []


ImageSource = Union[ImageFiles, VideoFile]


def open_source(
    path: str, boxes: Optional[str] = None, without: Optional[Union[str, Path]] = None
) -> ImageSource:
    """Open a path as images or as a video.

    Args:
        path (str): A folder of images (with subfolders), an image or a video.
        boxes (str, optional): JSON file of boxes by image name, as for
            :class:`~mmpose_uda.datasets.UnlabelledImageFolder`, or for a video by
            :func:`frame_name`. Images that it does not name are left out; such frames have
            no box. Defaults to the ``boxes.json`` of a folder or to ``walk.boxes.json``
            beside ``walk.mp4``, if it exists.
        without (path, optional): A folder within ``path`` that is left out.

    Raises:
        UserError: The path does not exist or holds no images, or the boxes do not fit.
    """
    if not (osp.isdir(path) or osp.isfile(path)):
        raise UserError(f'There is no image, folder or video {path}: check the path.')
    if not osp.isdir(path):
        if is_image(path):
            return _image(path, boxes)
        return VideoFile(path, boxes or _lying(f'{osp.splitext(path)[0]}.{BOXES_FILE}'))
    names = find_images(path, without)
    boxes = boxes or _lying(osp.join(path, BOXES_FILE))
    if boxes is None:
        return ImageFiles(path, names)
    source = ImageFiles(path, names, load_boxes(boxes, path, names))
    if not len(source):
        raise UserError(f'The boxes file {boxes} names no image: add some.')
    return source


def _image(path: str, boxes: Optional[str]) -> ImageFiles:
    """Open one image; its boxes may be in a file for its whole folder."""
    folder, name = osp.dirname(path) or '.', osp.basename(path)
    if boxes is None:
        return ImageFiles(folder, [name])
    found = read_boxes(boxes)
    there = {other for other in found if osp.isfile(osp.join(folder, other))}
    require_images(found, there, boxes, folder)
    if name not in found:
        raise UserError(f'The boxes file {boxes} does not name {name}: add its boxes.')
    return ImageFiles(folder, [name], found)


def _lying(path: str) -> Optional[str]:
    """Return the path if there is such a file of boxes, and log that it is used."""
    if not osp.isfile(path):
        return None
    print_log(f'Using the boxes of {path}.', 'current')
    return path
