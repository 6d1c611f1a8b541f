"""What inference looks at: images of a folder, one image, or the frames of a video."""

import itertools
import os.path as osp
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
)
from mmpose_uda.datasets.transforms import LoadPoseImage
from mmpose_uda.errors import UserError

_FPS = 25.0  # where the file does not say


@dataclass(frozen=True)
class Frame:
    """An image with the boxes to look into.

    Attributes:
        name (str): Relative to the folder that was given, with slashes; of a video its
            file's name.
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


def load_frame(path: str, box: Sequence[float]) -> Frame:
    """An image with one box.

    Args:
        path (str): The file, which becomes the name.
        box (Sequence[float]): x, y, w, h, px.

    Raises:
        UserError: It does not decode.
    """
    image = LoadPoseImage()(dict(img_path=path))['img']
    return Frame(path, image, np.array([box], np.float32))


class ImageFiles:
    """Images, each a :class:`Frame`; those that do not decode are passed over.

    Args:
        folder (str): What the names are relative to.
        names (list[str]): The images.
        boxes (dict[str, np.ndarray], optional): [N, 4] by name; images without an entry
            are left out.

    Attributes:
        skipped (list[str]): Names of the images that the last iteration passed over.
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
    """The frames of a video, each a :class:`Frame` of the whole picture.

    Args:
        path (str): The file.

    Attributes:
        name (str): Name of the file.
        fps (float): Frames a second.
        skipped (list[str]): The frames that the file announces and that the last
            iteration did not find, in words.

    Raises:
        UserError: It cannot be opened, or its first frame does not decode.
    """

    def __init__(self, path: str):
        self.path = path
        self.name = Path(path).name
        self.skipped: list[str] = []
        video = cv2.VideoCapture(path)
        if not video.isOpened():
            raise UserError(
                f'{path} is no image (by its suffix) and cannot be opened as a video: '
                'convert it, for example to mp4.'
            )
        self.fps = video.get(cv2.CAP_PROP_FPS) or _FPS
        self._announced = max(0, int(video.get(cv2.CAP_PROP_FRAME_COUNT)))
        if not video.read()[0]:
            raise UserError(
                f'The video {path} has no frame that decodes: check that it is '
                'complete, or convert it, for example to mp4.'
            )

    def __len__(self) -> int:
        return self._announced

    def __iter__(self) -> Iterator[Frame]:
        # mmcv's VideoReader would seek, which is not exact in every format
        video = cv2.VideoCapture(self.path)
        for count in itertools.count():
            found, image = video.read()
            if not found:
                break
            yield Frame(self.name, image, frame_id=count)
        lost = len(self) - count
        self.skipped = [f'the last {lost} frames of {self.name}'] if lost > 0 else []


ImageSource = Union[ImageFiles, VideoFile]


def open_source(
    path: str, boxes: Optional[str] = None, without: Optional[Union[str, Path]] = None
) -> ImageSource:
    """Find out what a path holds.

    Args:
        path (str): A folder of images (with subfolders), an image or a video.
        boxes (str, optional): JSON file of boxes by image name, as for
            :class:`~mmpose_uda.datasets.UnlabelledImageFolder`. Images that it does not
            name are left out. Defaults to the ``boxes.json`` of a folder, if it has one.
        without (path, optional): A folder within ``path`` that is left out.

    Raises:
        UserError: There is nothing, or the boxes do not fit it.
    """
    if osp.isdir(path):
        folder, names = path, find_images(path, without)
        boxes = boxes or _boxes_in(path)
    elif not osp.isfile(path):
        raise UserError(f'There is no image, folder or video {path}: check the path.')
    elif is_image(path):
        folder, names = osp.dirname(path) or '.', [osp.basename(path)]
    elif boxes is not None:
        raise UserError(
            f'--boxes {boxes} does not go with the video {path}, whose whole frames are '
            'looked at: leave it out, or give a folder of its frames.'
        )
    else:
        return VideoFile(path)
    if boxes is None:
        return ImageFiles(folder, names)
    source = ImageFiles(folder, names, load_boxes(boxes, folder, names))
    if not len(source):
        raise UserError(f'The boxes file {boxes} names no image: add some.')
    return source


def _boxes_in(folder: str) -> Optional[str]:
    """The file of boxes that lies in a folder, which is told."""
    path = osp.join(folder, BOXES_FILE)
    if not osp.isfile(path):
        return None
    print_log(f'The boxes are those of {path}.', 'current')
    return path
