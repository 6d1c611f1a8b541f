"""Images of the frames of videos."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import cv2
import numpy as np

from mmpose_uda.errors import UserError

from .image_file import write_image


@dataclass
class Clip:
    """A video and the images to extract from it.

    Args:
        video (Path): The video.
        images (dict): Number of a frame, from 0 -> image file to write.
    """

    video: Path
    images: dict[int, Path]


def extract_frames(clip: Clip) -> int:
    """Extract the images that do not exist yet, so an interrupted run can be continued.

    Returns:
        int: Number of new images.

    Raises:
        UserError: The video does not decode or lacks a frame, or an image cannot be
            written.
    """
    missing = {n: path for n, path in clip.images.items() if not path.exists()}
    for number, frame in _frames(clip.video, missing):
        if frame is None:
            raise UserError(
                f'The video `{clip.video}` does not decode up to frame {number + 1}: '
                'unpack or download it again.'
            )
        write_image(missing[number], frame)
    return len(missing)


def _frames(video: Path, wanted: dict) -> Iterator[tuple[int, Optional[np.ndarray]]]:
    """Yield the wanted frames with their number, None for one that is missing."""
    capture = cv2.VideoCapture(str(video))
    try:
        for number in range(max(wanted, default=-1) + 1):
            found = capture.grab()
            if number in wanted:
                yield number, capture.retrieve()[1] if found else None
    finally:
        capture.release()
