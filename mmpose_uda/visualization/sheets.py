"""Sheets that compare samples: poses, reconstructions, attention."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from .canvas import PAPER, grid, note, points_on_tile, to_tile
from .skeleton import draw_pose_3d, draw_skeleton

_CONTOUR = (255, 255, 0)


def _tiles(images: Sequence[np.ndarray], width: int) -> list[np.ndarray]:
    return [to_tile(image, width) for image in images]


def pose_tiles(
    images: Sequence[np.ndarray],
    columns: Mapping[str, np.ndarray],
    metainfo: dict,
    poses_3d: Mapping[str, np.ndarray] | None = None,
    reference: str | None = None,
    notes: Mapping[str, Sequence[str]] | None = None,
    valid: np.ndarray | None = None,
    angles: Sequence[str] = ('side',),
    width: int = 176,
) -> dict[str, list[np.ndarray]]:
    """Draw the poses that were predicted in images, one tile per image and column.

    Args:
        images (Sequence[np.ndarray]): N crops [h, w, 3], BGR.
        columns (Mapping[str, np.ndarray]): Title -> keypoints [N, K, 2] in px of the
            crops, e.g. ``{'source only': .., 'adapted': .., 'ground truth': ..}``.
        metainfo (dict): mmpose's ``dataset_meta``.
        poses_3d (Mapping[str, np.ndarray], optional): Title of a column -> poses
            [N, K, 3] in mm, drawn beside its keypoints; NaN joints are left out.
        reference (str, optional): Title in ``poses_3d``, such as the ground truth, that
            is drawn in grey behind the others, aligned at the root.
        notes (Mapping[str, Sequence[str]], optional): Title of a column -> N short
            texts, e.g. the error of each pose.
        valid (np.ndarray, optional): [N, K], for the column titled ``reference``: joints
            whose value is 0 have no label and are left out.
        angles (Sequence[str]): Viewing angles of 3D poses, see
            :data:`~mmpose_uda.visualization.skeleton.ANGLES`.
        width (int): Width of an image, px.

    Returns:
        dict[str, list[np.ndarray]]: Title -> N tiles, BGR uint8.
    """
    poses_3d, notes = poses_3d or {}, notes or {}
    plain = _tiles(images, width)
    tiles: dict[str, list[np.ndarray]] = {}
    for title, keypoints in columns.items():
        tiles[title] = []
        for n, tile in enumerate(plain):
            shown = valid[n] if title == reference and valid is not None else None
            points = points_on_tile(keypoints[n], images[n], tile)
            drawn = draw_skeleton(tile, points, metainfo, shown)
            if title in notes:
                note(drawn, notes[title][n])
            if title in poses_3d:
                behind = None
                if reference in poses_3d and title != reference:
                    behind = poses_3d[reference][n]
                drawn = np.hstack(
                    [drawn]
                    + [
                        _pose_tile(poses_3d[title][n], metainfo, tile, angle, behind)
                        for angle in angles
                    ]
                )
            tiles[title].append(drawn)
    return tiles


def comparison_sheet(
    images: Sequence[np.ndarray],
    columns: Mapping[str, np.ndarray],
    metainfo: dict,
    poses_3d: Mapping[str, np.ndarray] | None = None,
    image_title: str = 'image',
    width: int = 176,
    **drawn,
) -> np.ndarray:
    """Draw images beside the poses that were predicted in them, one row per image.

    Args:
        images (Sequence[np.ndarray]): N crops [h, w, 3], BGR.
        columns (Mapping[str, np.ndarray]): Title -> keypoints [N, K, 2] in px of the
            crops.
        metainfo (dict): mmpose's ``dataset_meta``.
        poses_3d (Mapping[str, np.ndarray], optional): Title of a column -> poses
            [N, K, 3] in mm.
        image_title (str): Title over the images.
        width (int): Width of an image, px.
        **drawn: Further arguments of :func:`pose_tiles`.

    Returns:
        np.ndarray: The sheet, BGR uint8.
    """
    tiles = pose_tiles(images, columns, metainfo, poses_3d, width=width, **drawn)
    return grid({image_title: _tiles(images, width), **tiles})


def _pose_tile(pose, metainfo, tile, angle, reference) -> np.ndarray:
    """Draw a 3D pose as high as the tile beside it; blank paper if it is all NaN."""
    if np.isnan(pose).all():
        return np.full((tile.shape[0], tile.shape[0], 3), PAPER, np.uint8)
    if reference is not None and np.isnan(reference).all():
        reference = None
    return draw_pose_3d(pose, metainfo, tile.shape[0], angle, reference)


def hide_patches(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return a copy of an image [h, w, 3] with the patches of a mask [gh, gw] grey."""
    size = image.shape[1::-1]
    hidden = cv2.resize(
        (np.asarray(mask) > 0).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST
    )
    return np.where(hidden[..., None] > 0, np.uint8(128), to_tile(image, size[0]))


def _on_tile(field: np.ndarray, tile: np.ndarray) -> np.ndarray:
    """A field [h, w] resized to a tile, as float32."""
    field = np.nan_to_num(np.asarray(field, np.float32))
    return cv2.resize(field, tile.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def outline(tile: np.ndarray, foreground: np.ndarray) -> np.ndarray:
    """Return a copy of a tile with the outline of a soft mask [h, w], 0 to 1, on it."""
    inside = (_on_tile(foreground, tile) > 0.5).astype(np.uint8)
    contours, _ = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(tile.copy(), contours, -1, _CONTOUR, 1, cv2.LINE_AA)


def masked_modelling_sheet(
    images: Sequence[np.ndarray],
    masked: Sequence[np.ndarray] | None = None,
    reconstructions: Sequence[np.ndarray] | None = None,
    foreground: np.ndarray | None = None,
    attention: Mapping[str, np.ndarray] | None = None,
    width: int = 176,
) -> np.ndarray:
    """Draw images, their visible patches, the reconstructions and the attention.

    Args:
        images (Sequence[np.ndarray]): N images [h, w, 3], BGR, 0 to 255.
        masked (Sequence[np.ndarray], optional): The same with hidden patches, see
            :func:`hide_patches`.
        reconstructions (Sequence[np.ndarray], optional): N images [h, w, 3], BGR, 0 to
            255; floats are clipped.
        foreground (np.ndarray, optional): Soft masks [N, h, w], 0 to 1: they add a column
            with the background dimmed, and to the attention an outline and the share of
            attention that lies inside.
        attention (Mapping[str, np.ndarray], optional): Title (a layer) -> maps
            [N, gh, gw], not negative, of any scale: one column of heat maps each.
        width (int): Width of a tile, px.

    Returns:
        np.ndarray: The sheet, BGR uint8.
    """
    plain = _tiles(images, width)
    sheet = {'image': plain}
    if masked is not None:
        sheet['masked'] = _tiles(masked, width)
    if reconstructions is not None:
        sheet['reconstruction'] = _tiles(reconstructions, width)
    if foreground is not None:
        sheet['foreground'] = [_dimmed(*pair) for pair in zip(plain, foreground)]
    for title, maps in (attention or {}).items():
        inside = [None] * len(plain) if foreground is None else foreground
        sheet[title] = [_attended(*row) for row in zip(plain, maps, inside)]
    return grid(sheet)


def _dimmed(tile: np.ndarray, foreground: np.ndarray) -> np.ndarray:
    """A tile with the background of a soft mask [h, w] dimmed and its outline."""
    weight = 0.25 + 0.75 * np.clip(_on_tile(foreground, tile), 0, 1)[..., None]
    return outline(to_tile(tile * weight, tile.shape[1]), foreground)


def _attended(
    tile: np.ndarray, attention: np.ndarray, foreground: np.ndarray | None
) -> np.ndarray:
    """A tile with attention [gh, gw] on it, and its share on the foreground."""
    drawn = _heat(tile, attention)
    if foreground is not None:
        drawn = outline(drawn, foreground)
        note(drawn, f'{_share_inside(attention, foreground):.0%} on foreground')
    return drawn


def _heat(tile: np.ndarray, attention: np.ndarray) -> np.ndarray:
    """A tile, darkened and grey, with attention glowing on it."""
    strength = np.clip(_on_tile(attention, tile), 0, None)
    strength /= max(float(strength.max()), 1e-12)
    heat = cv2.applyColorMap(np.rint(255 * strength).astype(np.uint8), cv2.COLORMAP_INFERNO)
    grey = cv2.cvtColor(tile, cv2.COLOR_BGR2GRAY)[..., None] * 0.75
    alpha = 0.8 * np.sqrt(strength)[..., None]
    return np.rint(grey * (1 - alpha) + heat * alpha).astype(np.uint8)


def _share_inside(attention: np.ndarray, foreground: np.ndarray) -> float:
    """Share of the attention [gh, gw] on foreground [h, w]; 0 where there is none."""
    attention = np.nan_to_num(np.asarray(attention, np.float32))
    inside = cv2.resize(
        np.asarray(foreground, np.float32),
        attention.shape[::-1],
        interpolation=cv2.INTER_AREA,
    )
    total = float(attention.sum())
    return float((attention * inside).sum()) / total if total > 0 else 0.0


def mask_sheet(
    images: Sequence[np.ndarray],
    masks: Sequence[np.ndarray],
    columns: int = 4,
    width: int = 132,
) -> np.ndarray:
    """Draw each image beside a copy with dimmed background, to check masks by eye.

    Args:
        images (Sequence[np.ndarray]): N images [h, w, 3], BGR, of any sizes.
        masks (Sequence[np.ndarray]): Their masks [h, w], 0 or 255.
        columns (int): Number of pairs per row.
        width (int): Width and height of a tile, px.

    Returns:
        np.ndarray: The sheet, BGR uint8.
    """
    pairs = []
    for image, mask in zip(images, masks):
        square = _square(image)
        soft = _square(mask).astype(np.float32) / 255
        (tile,) = _tiles([square], width)
        pairs.append((tile, _dimmed(tile, soft)))
    pairs += [tuple(np.zeros_like(t) for t in pairs[0])] * (-len(pairs) % columns)
    sheet = {}
    for column in range(columns):
        chosen = pairs[column::columns]
        sheet[f'image {column + 1}'] = [image for image, _ in chosen]
        sheet[f'foreground {column + 1}'] = [foreground for _, foreground in chosen]
    return grid(sheet)


def _square(image: np.ndarray) -> np.ndarray:
    """An image in the middle of a black square."""
    height, width = image.shape[:2]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    return cv2.copyMakeBorder(
        image,
        top,
        side - height - top,
        left,
        side - width - left,
        cv2.BORDER_CONSTANT,
    )
