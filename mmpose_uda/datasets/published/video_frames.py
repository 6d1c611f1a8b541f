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
    """A video and the images to make of it.

    Args:
        video (Path): The video.
        images (dict): Number of a frame, from 0 -> file to make.
    """

    video: Path
    images: dict[int, Path]


def extract_frames(clip: Clip) -> int:
    """Make the images that are not there yet, so a run that was stopped goes on.

    Returns:
        int: How many are new.

    Raises:
        UserError: The video does not decode or lacks a frame, or an image cannot be
            written.
    """
    missing = {n: path for n, path in clip.images.items() if not path.exists()}
    for number, frame in _frames(clip.video, missing):
        if frame is None:
            raise UserError(
                f'The video `{clip.video}` does not decode as far as its frame '
                f'{number + 1}: unpack or download it again.'
            )
        write_image(missing[number], frame)
    return len(missing)


def _frames(video: Path, wanted: dict) -> Iterator[tuple[int, Optional[np.ndarray]]]:
    """Wanted frames by their number, None for one that is not there."""
    capture = cv2.VideoCapture(str(video))
    try:
        for number in range(max(wanted, default=-1) + 1):
            found = capture.grab()
            if number in wanted:
                yield number, capture.retrieve()[1] if found else None
    finally:
        capture.release()
