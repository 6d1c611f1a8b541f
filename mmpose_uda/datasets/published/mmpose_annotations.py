"""Annotations of people in 3D as mmpose's converters write them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mmpose_uda.datasets.files import load_npz

from .base import PublishedDataset

_KEYPOINTS = 17
_BOX_PADDING = 1.2  # factor on the keypoints' longer side in `scale`


@dataclass
class Entry:
    """A person.

    Args:
        image (str): Image as named in the file.
        keypoints (np.ndarray): [17, 2], px.
        points (np.ndarray): [17, 3], mm, along the camera's axes.
        box (tuple): The square around the keypoints, xyxy, px.
    """

    image: str
    keypoints: np.ndarray
    points: np.ndarray
    box: tuple[float, float, float, float]


def read_entries(dataset: PublishedDataset, path: str) -> Iterator[Entry]:
    """Yield the people of a file, in its order.

    ``part`` holds px and whether they are in the image, ``S`` m along the camera's axes,
    ``center`` the middle of the keypoints' box and ``scale`` 1.2 times its longer side, in
    units of 200 px.

    Args:
        dataset (PublishedDataset): The data set whose folder contains the file.
        path (str): The file, relative to that folder.

    Raises:
        UserError: It is missing, or its content is not as described.
    """
    full = dataset.require(path)
    names, part, points, centers, scales = (
        load_npz(full, key) for key in ('imgname', 'part', 'S', 'center', 'scale')
    )
    count = len(names)
    shapes = [
        (part, (count, _KEYPOINTS, 3)),
        (points, (count, _KEYPOINTS, 4)),
        (centers, (count, 2)),
        (scales, (count,)),
    ]
    if any(array.shape != shape or not np.isfinite(array).all() for array, shape in shapes):
        raise dataset.misfit(
            f'has a `{path}` whose `part`, `S`, `center` and `scale` are not finite '
            f'numbers of {_KEYPOINTS} keypoints for each `imgname`'
        )
    halves = scales * 200 / _BOX_PADDING / 2
    for name, keypoints, pose, center, half in zip(names, part, points, centers, halves):
        yield Entry(
            image=str(name),
            keypoints=keypoints[:, :2],
            points=1000 * pose[:, :3],  # from m
            box=(*(center - half), *(center + half)),
        )
