"""Lists of cropped samples in the JSON format of RegDA's code."""

from dataclasses import dataclass
from typing import Callable

import numpy as np

from mmpose_uda.datasets.files import load_json

from .base import PublishedDataset


@dataclass
class Sample:
    """A crop: its image, relative to the data set's folder, and keypoints [K, 2], px."""

    image: str
    keypoints: np.ndarray


def read_samples(
    dataset: PublishedDataset,
    ann_file: str,
    images: str,
    count: int,
    wanted: Callable[[dict], bool] = lambda entry: True,
) -> list[Sample]:
    """Read one list.

    Its ``keypoint3d`` and ``intrinsic_matrix`` are left out. RegDA's code for Human3.6M
    keeps the principal point of the whole image and moves the 3D points until they project
    into the crop: parts that are farther from the camera move more, so the pose is sheared.
    How the other sets were made is not published (thuml/Transfer-Learning-Library, issue
    224), and neither is their unit. That the 3D projects onto ``keypoint2d`` would prove
    nothing: the sheared poses do so exactly.

    Args:
        dataset (PublishedDataset): The data set whose folder contains the list.
        ann_file (str): The list, relative to that folder.
        images (str): Folder of the images that it names, relative to that folder.
        count (int): Number of keypoints per sample.
        wanted (callable): Returns whether to read a sample, given its entry in the list.

    Returns:
        list[Sample]: In the list's order.

    Raises:
        UserError: A file is missing, or the content of the list is not as expected.
    """
    entries = load_json(dataset.require(ann_file))
    if not isinstance(entries, list):
        raise dataset.misfit(f'has a `{ann_file}` that is not a list of samples')
    try:
        samples = [
            Sample(f'{images}/{entry["name"]}', _keypoints(entry, count))
            for entry in entries
            if wanted(entry)
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise dataset.misfit(
            f'has a `{ann_file}` that does not hold `name` and {count} points of two '
            f'finite numbers as `keypoint2d` for every sample ({error!r})'
        ) from error
    # a half-unpacked archive lacks its beginning or its end; checking all files takes
    # minutes on a network drive
    for sample in samples[:1] + samples[-1:]:
        dataset.require(sample.image)
    return samples


def _keypoints(entry: dict, count: int) -> np.ndarray:
    keypoints = np.array(entry['keypoint2d'], np.float32)
    if keypoints.shape != (count, 2) or not np.isfinite(keypoints).all():
        raise ValueError(f'keypoint2d of {entry["name"]}')
    return keypoints
