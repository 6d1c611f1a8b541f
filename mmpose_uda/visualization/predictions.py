"""Draw the poses that an estimator predicted in one image."""

from collections.abc import Sequence

import cv2
import numpy as np

from .canvas import GUTTER, PAPER, draw_text, grid, points_on_tile, to_tile
from .skeleton import ANGLES, draw_pose_3d, draw_skeleton

_ANGLES = ('side', 'turned')
_TITLES = {
    'side': 'seen from the side, depth to the right',
    'turned': 'turned by {:g} degrees, from above'.format(ANGLES['turned'][0]),
}
_SHORTEST = 448  # px, to which the shorter side of smaller images is enlarged
_LONGEST = 2048  # px, beyond which no longer side is enlarged
_JPEG = 30_000  # px, to which a longer side is reduced, as a JPEG has a greatest size
_PANEL = (240, 640)  # px, least and greatest side of a picture of a 3D pose
_WHITE, _DARK = (255, 255, 255), (25, 25, 25)


def prediction_picture(
    image: np.ndarray,
    keypoints: Sequence[np.ndarray],
    metainfo: dict,
    boxes: np.ndarray | None = None,
    keypoints_3d: Sequence[np.ndarray] | None = None,
    extent: float | None = None,
    rows: int | None = None,
) -> np.ndarray:
    """Draw predicted poses on their image, and 3D poses from two sides beside it.

    If there are several poses, they are numbered.

    Args:
        image (np.ndarray): [h, w, 3] BGR uint8; a small one is enlarged.
        keypoints (Sequence[np.ndarray]): N poses [K, 2], px; integers are pixel centres.
        metainfo (dict): mmpose's ``dataset_meta``.
        boxes (np.ndarray, optional): [N, 4], x1, y1, x2, y2, px: the boxes that were
            cropped. Default: the whole image.
        keypoints_3d (Sequence[np.ndarray], optional): N poses [K, 3], mm, x right, y
            down, z away.
        extent (float, optional): Side in mm of pictures of 3D poses, see
            :func:`pose_extent`. Default: that of each pose.
        rows (int, optional): Number of rows of pictures of 3D poses, at least that of the
            poses; rows without one are blank. Default: one for each 3D pose.

    Returns:
        np.ndarray: BGR uint8. Its size depends only on that of the image and on the rows.
    """
    names = [f'{n + 1}' if len(keypoints) > 1 else '' for n in range(len(keypoints))]
    shown = _on_image(image, keypoints, metainfo, boxes, names)
    poses = [] if keypoints_3d is None else keypoints_3d
    rows = len(poses) if rows is None else rows
    if not rows:
        return shown
    columns = _from_the_sides(poses, metainfo, extent, names, shown.shape[0], rows)
    return _beside(grid({'image': [shown]}), grid(columns))


def _on_image(
    image: np.ndarray,
    keypoints: Sequence[np.ndarray],
    metainfo: dict,
    boxes: np.ndarray | None,
    names: Sequence[str],
) -> np.ndarray:
    """The image, scaled to a viewable size, with poses and named boxes on it."""
    shown = to_tile(image, _shown_width(*image.shape[:2]))
    for n, points in enumerate(keypoints):
        side = min(shown.shape[:2])
        if boxes is not None:
            side = _draw_box(shown, points_on_tile(boxes[n].reshape(2, 2), image, shown))
        placed = points_on_tile(points, image, shown)
        thickness = max(2, round(side / 110))
        shown = draw_skeleton(shown, placed, metainfo, thickness=thickness)
    if boxes is not None:
        for name, box in zip(names, boxes):
            x, y = points_on_tile(box[:2], image, shown).round().astype(int)
            _label(shown, name, (max(0, x) + 5, max(0, y) + 5))
    return shown


def _shown_width(height: int, width: int) -> int:
    shortest, longest = sorted((height, width))
    enlarged = min(_SHORTEST / shortest, _LONGEST / longest)
    return round(min(max(1.0, enlarged), _JPEG / longest) * width)


def _from_the_sides(
    poses: Sequence[np.ndarray],
    metainfo: dict,
    extent: float | None,
    names: Sequence[str],
    height: int,
    rows: int,
) -> dict[str, list[np.ndarray]]:
    """Columns of named poses [K, 3] seen from two sides, about ``height`` px high."""
    side = int(np.clip(height // rows, *_PANEL))
    columns: dict[str, list[np.ndarray]] = {_TITLES[angle]: [] for angle in _ANGLES}
    for name, pose in zip(names, poses):
        for angle in _ANGLES:
            panel = draw_pose_3d(
                pose, metainfo, side, angle, extent=extent, grid_lines=True
            )
            _label(panel, name, (9, 9))
            columns[_TITLES[angle]].append(panel)
    blank = np.full((side, side, 3), PAPER, np.uint8)
    return {
        title: panels + [blank] * (rows - len(poses)) for title, panels in columns.items()
    }


def _draw_box(image: np.ndarray, corners: np.ndarray) -> float:
    """Draw a box with corners [2, 2] in place; return its shorter side, px."""
    start, end = np.clip(corners, -1e4, 1e4).round().astype(int).tolist()
    cv2.rectangle(image, start, end, _DARK, 3, cv2.LINE_AA)
    cv2.rectangle(image, start, end, _WHITE, 1, cv2.LINE_AA)
    return float((corners[1] - corners[0]).min())


def _label(image: np.ndarray, text: str, corner: tuple[int, int]) -> None:
    """Write a number in a dark box, in place."""
    if text:
        draw_text(image, text, corner, cap=11.0, color=_WHITE, box=_DARK)


def _beside(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two sheets side by side, the shorter one extended with paper."""
    height = max(len(left), len(right))
    sheets = [
        cv2.copyMakeBorder(
            sheet, 0, height - len(sheet), 0, 0, cv2.BORDER_CONSTANT, value=PAPER
        )
        for sheet in (left[:, :-GUTTER], right)
    ]
    return np.hstack(sheets)
