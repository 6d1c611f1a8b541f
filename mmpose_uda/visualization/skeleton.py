"""Draw poses as skeletons: on an image, and in space."""

import cv2
import numpy as np

from .canvas import PAPER, draw_text

ANGLES = {'front': (0.0, 0.0), 'side': (90.0, 0.0), 'turned': (40.0, 25.0)}
"""Name of an angle -> the camera's turn about the vertical axis and pitch, degrees."""

_FILLED = 0.85  # share of a picture that the pose fills
_SHIFT = 4  # OpenCV draws at 1/16 px
_DARK = (25, 25, 25)
_LABEL = (120, 120, 120)
_GREY = (198, 198, 198)
_GRID = (228, 228, 228)


def _links(metainfo: dict) -> tuple[np.ndarray, np.ndarray]:
    """Joint pairs [L, 2] and their BGR colours [L, 3] of mmpose's ``dataset_meta``."""
    colors = np.asarray(metainfo['skeleton_link_colors'], np.float64)[:, ::-1]
    return np.asarray(metainfo['skeleton_links'], int), colors


def _fixed(points: np.ndarray) -> np.ndarray:
    """Pixel coordinates in OpenCV's fixed point numbers, kept inside their range."""
    return np.rint(np.clip(points, -1e4, 1e4) * 2**_SHIFT).astype(int)


def _draw_links(
    image: np.ndarray,
    points: np.ndarray,
    links: np.ndarray,
    colors: np.ndarray,
    thickness: int,
    outline: tuple[int, int, int] | None = None,
) -> None:
    """Draw links with round joints into ``image``, in place, the last one on top.

    Args:
        image (np.ndarray): [h, w, 3] BGR uint8.
        points (np.ndarray): [K, 2] px; links to joints that are not finite are left out.
        links (np.ndarray): Joint pairs [L, 2].
        colors (np.ndarray): BGR [L, 3].
        thickness (int): Thickness of the links, px.
        outline (tuple, optional): BGR of a rim around them, for busy backgrounds.
    """
    shown = np.isfinite(points).all(-1)
    points = _fixed(np.where(shown[:, None], points, 0.0))
    strokes = [(None, thickness)]
    if outline is not None:
        strokes.insert(0, (outline, thickness + 2))
    for rim, width in strokes:
        radius = round((width / 2 + thickness / 4 + 0.7) * 2**_SHIFT)
        for (a, b), color in zip(links, colors):
            if shown[a] and shown[b]:
                color = tuple(int(c) for c in (color if rim is None else rim))
                start, end = points[a].tolist(), points[b].tolist()
                cv2.line(image, start, end, color, width, cv2.LINE_AA, _SHIFT)
                for point in (start, end):
                    cv2.circle(image, point, radius, color, -1, cv2.LINE_AA, _SHIFT)


def draw_skeleton(
    image: np.ndarray,
    keypoints: np.ndarray,
    metainfo: dict,
    valid: np.ndarray | None = None,
    thickness: int | None = None,
) -> np.ndarray:
    """Return a copy of the image with a 2D pose on it.

    Args:
        image (np.ndarray): [h, w, 3] BGR uint8.
        keypoints (np.ndarray): [K, 2] px; integer coordinates are pixel centres.
        metainfo (dict): mmpose's ``dataset_meta``: ``skeleton_links`` and
            ``skeleton_link_colors`` (RGB).
        valid (np.ndarray, optional): [K]; links to joints whose value is 0 are left out,
            as are those to NaN keypoints.
        thickness (int, optional): Thickness of the links, px. Default: by the image's
            size.
    """
    image = np.ascontiguousarray(image).copy()
    keypoints = np.asarray(keypoints, np.float64)
    if valid is not None:
        keypoints = np.where(np.asarray(valid)[:, None] > 0, keypoints, np.nan)
    thickness = thickness or max(1, round(min(image.shape[:2]) / 90))
    _draw_links(image, keypoints, *_links(metainfo), thickness, _DARK)
    return image


def draw_keypoints(
    image: np.ndarray, keypoints: np.ndarray, metainfo: dict, valid: np.ndarray
) -> np.ndarray:
    """Return a copy of the image with a dot on each keypoint, linked or not.

    Args:
        image (np.ndarray): [h, w, 3] BGR uint8.
        keypoints (np.ndarray): [K, 2] px; integer coordinates are pixel centres.
        metainfo (dict): mmpose's ``dataset_meta``: ``keypoint_colors`` (RGB).
        valid (np.ndarray): [K]; keypoints whose value is 0 are left out.
    """
    image = np.ascontiguousarray(image).copy()
    colors = np.asarray(metainfo['keypoint_colors'], int)[:, ::-1].tolist()
    shown = (np.asarray(valid) > 0) & np.isfinite(keypoints).all(-1)
    radius = max(1.5, min(image.shape[:2]) / 75)
    for n in np.flatnonzero(shown):
        point = _fixed(np.asarray(keypoints[n], np.float64)).tolist()
        for color, size in ((_DARK, radius + 1), (colors[n], radius)):
            size = round(size * 2**_SHIFT)
            cv2.circle(image, point, size, color, -1, cv2.LINE_AA, _SHIFT)
    return image


def _turned(points: np.ndarray, angle: str) -> np.ndarray:
    """Points [K, 3] (x right, y down, z away) in the axes of a camera at an angle."""
    yaw, pitch = np.deg2rad(ANGLES[angle])
    c, s = np.cos(yaw), np.sin(yaw)
    points = points @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T
    c, s = np.cos(pitch), np.sin(pitch)
    return points @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]]).T


def draw_pose_3d(
    keypoints_3d: np.ndarray,
    metainfo: dict,
    size: int = 160,
    angle: str = 'turned',
    reference: np.ndarray | None = None,
    root: int = 0,
    extent: float | None = None,
    grid_lines: bool = False,
) -> np.ndarray:
    """Draw a small picture of a 3D pose, without perspective; far links are paler.

    Poses are aligned at their roots. A bar shows the scale.

    Args:
        keypoints_3d (np.ndarray): [K, 3] mm, the camera's axes (x right, y down, z away).
        metainfo (dict): mmpose's ``dataset_meta``, as for :func:`draw_skeleton`.
        size (int): Side of the picture, px. Default: 160.
        angle (str): One of :data:`ANGLES`: ``front`` as the camera sees it, ``side``
            (depth runs to the right) or ``turned``. Default: ``turned``.
        reference (np.ndarray, optional): A pose [K, 3] to draw in grey behind it, which
            also sets centre and scale, so that pictures with the same one are comparable.
        root (int): Index of the root joint. Default: 0.
        extent (float, optional): Side of the picture in mm, to draw several poses to one
            scale. Default: :func:`pose_extent` of the pose, or of ``reference``.
        grid_lines (bool): Whether to draw lines behind the pose, as far apart as the bar
            is long; two of them cross at the root. Default: False.

    Returns:
        np.ndarray: [size, size, 3] BGR uint8.
    """
    picture = np.full((size, size, 3), PAPER, np.uint8)
    links, colors = _links(metainfo)
    poses = [np.asarray(keypoints_3d, np.float64)]
    if reference is not None:
        poses.insert(0, np.asarray(reference, np.float64))
    poses = [_turned(pose - pose[root], angle) for pose in poses]

    frame = _finite(poses[0])
    centre = (frame.min(0) + frame.max(0))[:2] / 2
    extent = extent or pose_extent(frame)
    scale = size / extent
    if grid_lines:
        _draw_grid(picture, scale, centre)
    thickness = max(2, round(size / 70))
    for pose in poses:
        points = (pose[:, :2] - centre) * scale + (size - 1) / 2
        depth = pose[links, 2].mean(1)
        order = np.argsort(-np.nan_to_num(depth))
        if pose is poses[-1]:
            near = np.clip(0.5 - depth / (_FILLED * extent), 0, 1)[:, None]
            shade = 0.4 + 0.6 * near
            # A little darker than on images, since the paper is white.
            drawn = colors * 0.85 * shade + np.array(PAPER) * (1 - shade)
            drawn = np.nan_to_num(drawn)
        else:
            drawn = np.broadcast_to(np.array(_GREY, float), colors.shape)
        _draw_links(picture, points, links[order], drawn[order], thickness)
    _draw_scale(picture, scale)
    return picture


def pose_extent(keypoints_3d: np.ndarray) -> float:
    """Side, in mm, of a picture that holds a pose [K, 3] from every angle."""
    frame = _finite(np.asarray(keypoints_3d, np.float64))
    # measured in space, not in the picture, so that the scale is the same from every angle
    widest = 2 * np.linalg.norm(frame - frame.mean(0), axis=-1).max()
    return max(1e-3, float(widest)) / _FILLED


def _finite(pose: np.ndarray) -> np.ndarray:
    """The finite joints of a pose, or the origin if there are none."""
    frame = pose[np.isfinite(pose).all(-1)]
    return frame if len(frame) else np.zeros((1, 3))


def _bar_length(size: int, scale: float) -> float:
    """A round number of mm, at most a third of a picture."""
    most = size / 3 / scale
    step = 10 ** np.floor(np.log10(most))
    return step * max(m for m in (1, 2, 5) if m * step <= most)


def _draw_grid(picture: np.ndarray, scale: float, centre: np.ndarray) -> None:
    """Draw lines a bar's length apart, two of them through the root, in place."""
    size = len(picture)
    spacing = _bar_length(size, scale) * scale
    for axis, root in enumerate((size - 1) / 2 - centre * scale):
        for place in np.arange(root % spacing, size - 0.5, spacing).round().astype(int):
            lines = (slice(None), place) if axis == 0 else (place, slice(None))
            picture[lines] = _GRID


def _draw_scale(picture: np.ndarray, scale: float) -> None:
    """Draw the scale bar, in place."""
    size = len(picture)
    length = _bar_length(size, scale)
    end, y = round(6 + length * scale), size - 7
    cv2.line(picture, (6, y), (end, y), _LABEL, 1)
    draw_text(picture, f'{length:g} mm', (end + 5, y - 3), cap=6.0, color=_LABEL)
