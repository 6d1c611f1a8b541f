"""Samples of a comparison as small pictures embedded in a page."""

import base64
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mmpose_uda.evaluation.comparison import Comparison

from .canvas import points_on_tile, to_tile
from .skeleton import draw_pose_3d, draw_skeleton

_WIDTH = 208  # of a picture, px
_QUALITY = 85
_MARGIN = 1.15  # factor on the extent of the pictures from the side


@dataclass(frozen=True)
class PosePicture:
    """One pose of a sample.

    Args:
        caption (str): Whose pose it is, and its error.
        sources (dict[str, str]): Description of an image -> its data URI: the pose on the
            crop, and in 3D also from the side.
    """

    caption: str
    sources: dict[str, str]


@dataclass(frozen=True)
class Entry:
    """A sample: the poses of ``a``, of ``b`` and of the ground truth.

    Args:
        name (str): File name of the image.
        gain (float): By how much the error of ``b`` is smaller than that of ``a``.
        pictures (list[PosePicture]): The three poses.
    """

    name: str
    gain: float
    pictures: list[PosePicture]


def gallery_entry(
    comparison: Comparison, sample: int, crop: np.ndarray, metainfo: dict
) -> Entry:
    """Draw what both models predicted for a sample, and the ground truth.

    Args:
        comparison (Comparison): The comparison.
        sample (int): Index of the sample in it.
        crop (np.ndarray): The models' input, [h, w, 3] BGR uint8.
        metainfo (dict): mmpose's ``dataset_meta``.
    """
    name = Path(comparison.truth.images[sample]).name
    decimals = comparison.scale.decimals
    a, b = (f'{error:.{decimals}f}' for error in comparison.sample_errors[:, sample])
    captions = (f'A: {a}', f'B: {b}', 'truth')
    views = {'': _on_crop(_three(comparison, 'points', sample), crop, metainfo)}
    if comparison.is_3d:
        poses = _three(comparison, 'poses', sample)
        views[', from the side'] = _from_the_side(poses, metainfo, comparison.root)
    pictures = [
        PosePicture(
            caption,
            {
                f'{name}, {caption}{view}': data_uri(images[i])
                for view, images in views.items()
            },
        )
        for i, caption in enumerate(captions)
    ]
    return Entry(name, float(comparison.gains[sample]), pictures)


def _three(comparison: Comparison, kind: str, sample: int) -> list[np.ndarray]:
    """Poses of ``a``, ``b`` and the truth, which is NaN for unlabelled joints."""
    owners = (comparison.a, comparison.b, comparison.truth)
    a, b, truth = (getattr(owner, kind)[sample] for owner in owners)
    return [a, b, np.where(comparison.truth.valid[sample][:, None], truth, np.nan)]


def _on_crop(
    points: list[np.ndarray], crop: np.ndarray, metainfo: dict
) -> list[np.ndarray]:
    """One enlarged copy of the crop per pose [K, 2], with the pose on it."""
    tile = to_tile(crop, _WIDTH)
    return [
        draw_skeleton(tile, points_on_tile(pose, crop, tile), metainfo) for pose in points
    ]


def _from_the_side(poses: list[np.ndarray], metainfo: dict, root: int) -> list[np.ndarray]:
    """Draw poses [K, 3] to one scale; the last, the truth, is in grey behind the others."""
    rooted = [pose - pose[root] for pose in poses]
    truth = rooted[-1]
    middle = (np.nanmin(truth, 0) + np.nanmax(truth, 0)) / 2
    # axes 1 and 2 are those of the picture, whose centre is the middle of the truth
    reach = np.nanmax(np.abs(np.stack(rooted) - middle)[..., 1:])
    return [
        draw_pose_3d(
            pose,
            metainfo,
            _WIDTH,
            'side',
            None if pose is truth else truth,
            root,
            extent=2 * _MARGIN * reach,
        )
        for pose in rooted
    ]


def data_uri(image: np.ndarray) -> str:
    """Encode a BGR uint8 picture as the data URI of a JPEG."""
    _, data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return 'data:image/jpeg;base64,' + base64.b64encode(data).decode()
