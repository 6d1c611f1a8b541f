"""Images that converters write."""

from pathlib import Path

import cv2
import numpy as np

from mmpose_uda.errors import writing
from mmpose_uda.whole_files import whole_file


def write_image(path: Path, image: np.ndarray) -> None:
    """Write an image, completely or not at all, in the format of its suffix.

    Raises:
        UserError: The system refuses to write it.
    """
    with writing(path), whole_file(path) as partial:
        partial.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
