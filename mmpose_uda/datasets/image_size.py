"""Size of images when loaded, compared with the size in their annotations."""

import io

from mmengine import fileio
from PIL import Image

from mmpose_uda.errors import UserError

_ORIENTATION = 0x0112  # EXIF
_FIRST_TURNED = 5  # orientations below it only mirror, or turn upside down


def exif_orientation(image: Image.Image) -> int:
    """EXIF orientation of an opened image, from 1 (upright, or not given) to 8."""
    if image.format == 'PNG' and 'exif' not in image.info:
        return 1  # Pillow would decode all pixels to look for EXIF data after them
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except Exception:  # Pillow raises anything; OpenCV ignores broken EXIF data
        return 1


def is_turning(orientation: int) -> bool:
    """Whether loading an image of this orientation swaps its width and height."""
    return orientation >= _FIRST_TURNED


def size_when_loaded(path: str) -> tuple[int, int]:
    """Width and height, px, that an image will have when loaded, without decoding it.

    Raises:
        OSError: It is missing, or not an image.
    """
    with Image.open(path) as image:
        width, height = image.size
        is_turned = is_turning(exif_orientation(image))
    return (height, width) if is_turned else (width, height)


def check_size(results: dict) -> dict:
    """Compare the size of a loaded image with that in its annotations.

    Args:
        results (dict): A sample with ``img_path`` and ``img_shape`` (h, w), and possibly
            with ``annotated_size`` (width, height, px), which is removed.

    Returns:
        dict: The sample.

    Raises:
        UserError: They differ, so the labels would be misplaced.
    """
    height, width = results['img_shape'][:2]
    annotated = tuple(results.pop('annotated_size', (width, height)))
    if annotated != (width, height):
        raise _other_size(results['img_path'], annotated, (width, height))
    return results


def _other_size(
    path: str, annotated: tuple[int, int], loaded: tuple[int, int]
) -> UserError:
    sizes = '`{}` is {} x {} px and {} x {} in its annotations'.format(
        path, *loaded, *annotated
    )
    if _is_turned(path):
        return UserError(
            f'The image {sizes}, because its EXIF orientation turns it when it is loaded: '
            'save the images turned and without EXIF, with matching labels.'
        )
    return UserError(
        f'The image {sizes}, and has no EXIF orientation that turns it: correct `width` '
        'and `height`, and labels that were made for another size.'
    )


def _is_turned(path: str) -> bool:
    """Whether loading an image swaps its width and height."""
    try:
        with Image.open(io.BytesIO(fileio.get(path))) as image:
            return is_turning(exif_orientation(image))
    except Exception:  # Pillow raises anything; an unreadable file is not turned
        return False
