"""Images that have not the size of their annotations."""

import io

from mmengine import fileio
from PIL import Image

from mmpose_uda.errors import UserError

_ORIENTATION = 0x0112  # EXIF


def check_size(results: dict) -> dict:
    """Compare a loaded image with the size that its annotations tell.

    Args:
        results (dict): A sample with ``img_path`` and ``img_shape`` (h, w), and perhaps
            with ``annotated_size`` (width, height, px), which is taken out.

    Returns:
        dict: It.

    Raises:
        UserError: They differ: the labels would be somewhere else.
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
            'save the images turned and without EXIF, with labels that fit.'
        )
    return UserError(
        f'The image {sizes}, and has no EXIF orientation that turns it: correct `width` '
        'and `height`, and labels that were made for another size.'
    )


def _is_turned(path: str) -> bool:
    """Whether loading exchanges width and height."""
    try:
        with Image.open(io.BytesIO(fileio.get(path))) as image:
            return image.getexif().get(_ORIENTATION, 1) >= 5
    except Exception:  # Pillow raises anything; what it cannot read it cannot turn
        return False
