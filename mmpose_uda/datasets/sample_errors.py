"""Errors that name the sample: unusable labels of any class, and failing pipelines."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Optional

import numpy as np
from mmcv.transforms import BaseTransform

from mmpose_uda.bugs import is_bug
from mmpose_uda.errors import UserError


@contextmanager
def naming_sample(image: Callable[[], str]) -> Iterator[None]:
    """Name the image and the transform if a pipeline fails; bugs of ours pass through.

    Args:
        image (Callable): Returns the path of the image.

    Raises:
        UserError: Another error was raised; it is the cause, and goes to the log.
    """
    try:
        yield
    except (UserError, MemoryError):
        raise
    except Exception as error:
        if is_bug(error):
            raise
        reason = ' '.join(f'{type(error).__name__}: {error}'.split()).rstrip('. ')
        raise UserError(
            f'{_transform_of(error)} cannot process the sample of `{image()}` ({reason}): '
            'correct its annotation, or the pipeline.'
        ) from error


@contextmanager
def naming_image(path: str) -> Iterator[None]:
    """Name the file if an image cannot be loaded.

    Args:
        path (str): The file.

    Raises:
        UserError: Another error was raised; it is the cause.
    """
    try:
        yield
    except (UserError, MemoryError):
        raise
    except Exception as error:  # mmcv and OpenCV raise anything from bad bytes
        raise UserError(
            f'The image `{path}` is missing or does not decode: replace the file, or '
            'remove it from the data set.'
        ) from error


def require_samples(
    samples: list[dict], path: str, bbox_file: Optional[str] = None
) -> None:
    """Refuse an annotation file without a usable sample.

    Args:
        samples (list[dict]): The usable samples.
        path (str): The file.
        bbox_file (str, optional): File of the detections that replace its annotations.

    Raises:
        UserError: There are none.
    """
    if not samples and bbox_file:
        raise UserError(
            f'`{bbox_file}` has no usable detection: add some with `category_id` 1 and a '
            '`bbox` of positive size, or set `bbox_file=None`.'
        )
    if not samples:
        raise UserError(
            f'`{path}` has no usable sample: it needs annotations with a box of positive '
            'size and a visible keypoint.'
        )


def usable_labels(info: dict) -> dict:
    """Clean the labels of a sample, also from mmpose's classes, which do not check them.

    A visibility of -1, which some tools write, would make the loss negative, and a weight
    of 0 does not remove NaN: both count as not labelled.

    Args:
        info (dict): With ``keypoints`` [1, K, D] and ``keypoints_visible`` [1, K], or
            without labels.

    Returns:
        dict: The sample, or a copy with other labels.

    Raises:
        UserError: A visibility is invalid, or a visible keypoint has no finite position.
    """
    if not {'keypoints', 'keypoints_visible'} <= info.keys():
        return info
    points, visible = (np.asarray(info[k]) for k in ('keypoints', 'keypoints_visible'))
    unlabelled = visible[:, :, 0] if visible.ndim == 3 else visible
    unlabelled = (unlabelled == 0) | (unlabelled == -1)
    is_fine = np.isfinite(points).all(-1)
    is_told = np.isfinite(visible).reshape(*unlabelled.shape, -1).all(-1)
    is_told &= visible.reshape(*unlabelled.shape, -1).min(-1) >= 0
    wrong = ~unlabelled & ~(is_fine & is_told)
    if wrong.any():
        raise UserError(
            f'Keypoint {wrong[0].argmax()} of the sample {info.get("id")} of '
            f'`{info.get("img_path")}` has an invalid visibility, or no finite position: '
            'correct its annotation.'
        )
    if (is_fine & is_told).all():
        return info
    keep = ~unlabelled
    return dict(
        info,
        keypoints=np.where(keep[..., None], points, 0).astype(points.dtype),
        keypoints_visible=np.where(
            keep[..., None] if visible.ndim == 3 else keep, visible, 0
        ).astype(visible.dtype),
    )


def _transform_of(error: Exception) -> str:
    """Class of the transform that raised the error."""
    owners = (
        frame.f_locals.get('self') for frame, _ in traceback.walk_tb(error.__traceback__)
    )
    names = [type(one).__name__ for one in owners if isinstance(one, BaseTransform)]
    return names[-1] if names else 'The pipeline'
