"""Sheets of a data set's images and views with their labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

import cv2
import numpy as np

from .canvas import PAPER, grid, note, points_on_tile, to_tile
from .sheets import outline
from .skeleton import draw_keypoints, draw_skeleton

Color = tuple[int, int, int]

FRAME_COLORS: tuple[Color, ...] = (
    (60, 200, 250),
    (120, 220, 80),
    (250, 120, 200),
    (250, 190, 60),
)
"""BGR colours, one per view: for its border, and for its frame in the whole image."""

BOX_COLOR: Color = (255, 255, 255)

_DARK = (25, 25, 25)
_TINT = np.array((255, 255, 0))  # BGR, the colour of the outline
_TINT_STRENGTH = 0.18


@dataclass
class Picture:
    """An image or a view, and what is known about it.

    Args:
        image (np.ndarray): [h, w, 3] BGR uint8.
        keypoints (np.ndarray, optional): N poses [N, K, 2], px; integers are pixel centres.
        visible (np.ndarray, optional): [N, K], 0 if a keypoint has no label. Default: all
            have one.
        foreground (np.ndarray, optional): Soft mask [h, w], 0 to 1.
        frames (list): Quadrilaterals [4, 2], px, and their colours.
        border (tuple, optional): BGR of a border.
        note (str): A short line for the lower left corner.
    """

    image: np.ndarray
    keypoints: Optional[np.ndarray] = None
    visible: Optional[np.ndarray] = None
    foreground: Optional[np.ndarray] = None
    frames: list[tuple[np.ndarray, Color]] = field(default_factory=list)
    border: Optional[Color] = None
    note: str = ''


def data_sheet(
    columns: Mapping[str, Sequence[Picture]],
    metainfo: dict,
    size: tuple[int, int] = (200, 200),
) -> np.ndarray:
    """Arrange pictures in titled columns, one row per draw.

    Args:
        columns (Mapping[str, Sequence[Picture]]): Title -> one picture per row.
        metainfo (dict): mmpose's ``dataset_meta``.
        size (tuple[int, int]): Width and height into which each picture is fitted, px.

    Returns:
        np.ndarray: The sheet, BGR uint8.
    """
    tiles = {
        title: [_centred(_draw(picture, metainfo, size), size) for picture in pictures]
        for title, pictures in columns.items()
    }
    return grid(tiles)


def _draw(picture: Picture, metainfo: dict, size: tuple[int, int]) -> np.ndarray:
    """Draw a picture with everything that is known about it, as large as fits."""
    height, width = picture.image.shape[:2]
    tile = to_tile(picture.image, _fitting_width(width, height, size))
    if picture.foreground is not None:
        tile = _tinted(tile, picture.foreground)
    for corners, color in picture.frames:
        _draw_frame(tile, points_on_tile(corners, picture.image, tile), color)
    if picture.keypoints is not None:
        visible = picture.visible
        if visible is None:
            visible = np.ones(picture.keypoints.shape[:2])
        for points, valid in zip(picture.keypoints, visible):
            placed = points_on_tile(points, picture.image, tile)
            tile = draw_skeleton(tile, placed, metainfo, valid)
            tile = draw_keypoints(tile, placed, metainfo, valid)
    if picture.note:
        note(tile, picture.note)
    if picture.border is not None:
        end = (tile.shape[1] - 1, tile.shape[0] - 1)
        cv2.rectangle(tile, (0, 0), end, picture.border, 3)
    return tile


def _fitting_width(width: int, height: int, size: tuple[int, int]) -> int:
    return max(1, int(min(size[0], size[1] * width / height)))


def _tinted(tile: np.ndarray, foreground: np.ndarray) -> np.ndarray:
    """A tile with a tint and an outline on a soft mask [h, w]."""
    soft = cv2.resize(foreground.astype(np.float32), tile.shape[1::-1])
    alpha = _TINT_STRENGTH * np.clip(soft, 0, 1)[..., None]
    mixed = tile * (1 - alpha) + _TINT * alpha
    return outline(np.rint(mixed).astype(np.uint8), foreground)


def _draw_frame(tile: np.ndarray, corners: np.ndarray, color: Color) -> None:
    """Draw a closed line through corners [4, 2], in place, with a dark rim."""
    corners = np.clip(corners, -1e4, 1e4).round().astype(np.int32)
    for line, thickness in ((_DARK, 4), (color, 2)):
        cv2.polylines(tile, [corners], True, line, thickness, cv2.LINE_AA)


def _centred(tile: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A tile in the middle of blank paper of the given width and height."""
    page = np.full((size[1], size[0], 3), PAPER, np.uint8)
    height, width = (min(side, most) for side, most in zip(tile.shape, size[::-1]))
    top, left = (size[1] - height) // 2, (size[0] - width) // 2
    page[top : top + height, left : left + width] = tile[:height, :width]
    return page
