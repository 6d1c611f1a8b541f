"""Building blocks of all pictures: tiles, text, grids and files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from mmpose_uda.errors import UserError, writing
from mmpose_uda.whole_files import whole_file

PAPER = (250, 250, 250)
INK = (45, 45, 45)
GUTTER = 4
TITLE_HEIGHT = 28

_FONT = cv2.FONT_HERSHEY_DUPLEX
_FONT_CAP = 22  # height of a capital letter of this font at scale 1, px
_OVERSAMPLING = 4  # strokes of this font look ragged when drawn at their final size


def to_tile(image: np.ndarray, width: int) -> np.ndarray:
    """Return an image as a BGR uint8 tile of the given width, keeping its aspect ratio.

    Args:
        image (np.ndarray): [h, w, 3] BGR or [h, w] grey, values 0 to 255 (floats are
            rounded and clipped; NaN becomes 0).
        width (int): Width of the tile, px.
    """
    if image.dtype != np.uint8:
        image = np.nan_to_num(image, nan=0.0, posinf=255.0, neginf=0.0)
        image = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    if (width, height) == image.shape[1::-1]:
        return image.copy()
    smooth = cv2.INTER_CUBIC if width > image.shape[1] else cv2.INTER_AREA
    return cv2.resize(image, (width, height), interpolation=smooth)


def points_on_tile(
    keypoints: np.ndarray, image: np.ndarray, tile: np.ndarray
) -> np.ndarray:
    """Map keypoints [..., 2] from an image to its tile; integers are pixel centres."""
    factor = np.array(tile.shape[1::-1]) / np.array(image.shape[1::-1])
    return (np.asarray(keypoints, np.float64) + 0.5) * factor - 0.5


def _text_size(text: str, cap: float) -> tuple[int, int, float]:
    """Width of the text and its depth below the baseline, px, and the font's scale."""
    scale = cap / _FONT_CAP
    (width, _), _ = cv2.getTextSize(text, _FONT, scale, 1)
    return width, round(0.4 * cap), scale


def draw_text(
    image: np.ndarray,
    text: str,
    corner: tuple[int, int],
    cap: float = 9.0,
    color: tuple[int, int, int] = INK,
    box: tuple[int, int, int] | None = None,
    max_width: int | None = None,
) -> None:
    """Write one line of ASCII text into ``image``, in place, with smooth letters.

    What does not fit on the image is cut off.

    Args:
        image (np.ndarray): [h, w, 3] BGR uint8.
        text (str): The line.
        corner (tuple[int, int]): Top left (x, y) of its first capital letter, px.
        cap (float): Height of a capital letter, px. Default: 9.
        color (tuple): BGR of the letters.
        box (tuple, optional): BGR of a translucent box behind the letters.
        max_width (int, optional): Width in px to which a longer line is shrunk.
    """
    if max_width is not None:
        cap *= min(1.0, max_width / max(1, _text_size(text, cap)[0]))
    width, depth, scale = _text_size(text, cap)
    pad = 4
    x, y = corner[0] - pad, corner[1] - pad
    big = np.zeros(
        (
            (round(cap) + depth + 2 * pad) * _OVERSAMPLING,
            (width + 2 * pad) * _OVERSAMPLING,
        ),
        np.uint8,
    )
    baseline = (pad * _OVERSAMPLING, (pad + round(cap)) * _OVERSAMPLING)
    stroke = max(1, round(_OVERSAMPLING * cap / 9))
    cv2.putText(big, text, baseline, _FONT, scale * _OVERSAMPLING, 255, stroke, cv2.LINE_AA)
    size = (big.shape[1] // _OVERSAMPLING, big.shape[0] // _OVERSAMPLING)
    alpha = cv2.resize(big, size, interpolation=cv2.INTER_AREA)[..., None] / 255.0

    rows = slice(max(0, y), max(0, min(image.shape[0], y + size[1])))
    columns = slice(max(0, x), max(0, min(image.shape[1], x + size[0])))
    alpha = alpha[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
    under = image[rows, columns].astype(np.float64)
    if box is not None:
        under = 0.35 * under + 0.65 * np.array(box)
    image[rows, columns] = np.rint(under * (1 - alpha) + np.array(color) * alpha)


def note(tile: np.ndarray, text: str) -> None:
    """Write a line into the lower left corner of a tile, in place, on a dark box."""
    draw_text(
        tile,
        text,
        (5, tile.shape[0] - 15),
        cap=8.0,
        color=(255, 255, 255),
        box=(20, 20, 20),
        max_width=tile.shape[1] - 10,
    )


def grid(columns: Mapping[str, Sequence[np.ndarray]]) -> np.ndarray:
    """Arrange tiles in titled columns, one row per sample.

    Args:
        columns (Mapping[str, Sequence[np.ndarray]]): Title -> BGR uint8 tiles, one per
            row. All columns have the same number of tiles; tiles of a column share their
            width, tiles of a row their height.

    Raises:
        ValueError: The tiles do not fill such a grid.
    """
    if not columns or len({len(tiles) for tiles in columns.values()}) != 1:
        raise ValueError('A sheet needs columns of one length')
    rows = len(next(iter(columns.values())))
    if not rows:
        raise ValueError('A sheet needs at least one sample')
    heights = [next(iter(columns.values()))[n].shape[0] for n in range(rows)]
    widths = [tiles[0].shape[1] for tiles in columns.values()]
    page = np.full(
        (
            TITLE_HEIGHT + sum(heights) + GUTTER * rows,
            sum(widths) + GUTTER * (len(widths) + 1),
            3,
        ),
        PAPER,
        np.uint8,
    )
    x = GUTTER
    for (title, tiles), width in zip(columns.items(), widths):
        draw_text(page, title, (x + 2, 10), cap=10.0, max_width=width - 4)
        y = TITLE_HEIGHT
        for tile, height in zip(tiles, heights):
            if tile.shape != (height, width, 3):
                raise ValueError(
                    f'A tile of column "{title}" has shape {tile.shape} instead of '
                    f'{(height, width, 3)}'
                )
            page[y : y + height, x : x + width] = tile
            y += height + GUTTER
        x += width + GUTTER
    return page


def strip(rows: Mapping[str, Sequence[np.ndarray]]) -> np.ndarray:
    """Arrange tiles in titled rows, one column per sample: a transposed :func:`grid`.

    Args:
        rows (Mapping[str, Sequence[np.ndarray]]): Title -> BGR uint8 tiles, the same
            number in every row, all of one size.
    """
    lines = []
    for title, tiles in rows.items():
        gap = np.full((len(tiles[0]), GUTTER, 3), PAPER, np.uint8)
        line = np.hstack([gap, *(part for tile in tiles for part in (tile, gap))])
        lines.append(grid({title: [line]})[:, GUTTER:-GUTTER])
    return np.vstack(lines)


def save_picture(path: str | Path, image: np.ndarray) -> Path:
    """Write a BGR uint8 picture as JPEG (quality 90) or PNG, by the suffix of ``path``.

    Missing folders are created.

    Raises:
        UserError: The file cannot be written, or has another suffix.
    """
    path = Path(path)
    options = {
        '.jpg': [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_OPTIMIZE, 1],
        '.png': [cv2.IMWRITE_PNG_COMPRESSION, 9],
    }
    if path.suffix.lower() not in options:
        raise UserError(f'{path} cannot be a picture: end its name in .jpg or .png.')
    _, data = cv2.imencode(path.suffix, image, options[path.suffix.lower()])
    with writing(path), whole_file(path) as partial:
        partial.write_bytes(data.tobytes())
    return path
