"""Lists of cropped samples in the JSON that RegDA's code has them in."""

from dataclasses import dataclass
from typing import Callable

import numpy as np

from mmpose_uda.datasets.files import load_json

from .base import PublishedDataset


@dataclass
class Sample:
    """A crop: its file, relative to the data set's folder, and keypoints [K, 2], px."""

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
    into the crop: parts that are further from the camera move more, so the pose is sheared.
    How the other sets were made is not published (thuml/Transfer-Learning-Library, issue
    224), and neither is their unit. That the 3D projects onto ``keypoint2d`` would be no
    proof: the sheared poses do so exactly.

    Args:
        dataset (PublishedDataset): Whose folder it is in.
        ann_file (str): The list, relative to that folder.
        images (str): The folder that its names are in, relative.
        count (int): Number of keypoints of a sample.
        wanted (callable): Tells by a sample as it is in the list whether it is read.

    Returns:
        list[Sample]: In the list's order.

    Raises:
        UserError: A file is missing or the list is not what it should be.
    """
    entries = load_json(dataset.require(ann_file))
    if not isinstance(entries, list):
        raise dataset.misfit(f'has a `{ann_file}` that is no list of samples')
    try:
        samples = [
            Sample(f'{images}/{entry["name"]}', _keypoints(entry, count))
            for entry in entries
            if wanted(entry)
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise dataset.misfit(
            f'has a `{ann_file}` that does not hold `name`, {count} points of two finite '
            f'numbers as `keypoint2d` and so on for every sample ({error!r})'
        ) from error
    # of a half-unpacked archive the beginning or the end is missing; to look for all
    # files takes minutes on a network's disk
    for sample in samples[:1] + samples[-1:]:
        dataset.require(sample.image)
    return samples


def _keypoints(entry: dict, count: int) -> np.ndarray:
    keypoints = np.array(entry['keypoint2d'], np.float32)
    if keypoints.shape != (count, 2) or not np.isfinite(keypoints).all():
        raise ValueError(f'keypoint2d of {entry["name"]}')
    return keypoints
