"""Annotations of Human3.6M in the form of mks0601/3DMPPE_POSENET_RELEASE.

Its ``tool/Human36M/h36m2coco.py`` writes and its ``data/Human36M/Human36M.py`` reads them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np

from mmpose_uda.datasets.files import load_json
from mmpose_uda.errors import UserError

from .camera import pinhole

IMAGES = 'images'
PARTS = ('camera', 'data', 'joint_3d')
TREE = """
annotations/Human36M_subject1_camera.json  _data.json  _joint_3d.json  (5 6 7 8 9 11 too)
images/s_01_act_02_subact_01_ca_01/*.jpg ...
"""


@dataclass
class Frame:
    """An image with its pose.

    Args:
        name (str): Image file, relative to the folder of the images.
        size (tuple[int, int]): Width and height, px.
        points (np.ndarray): [17, 3], mm, along the camera's axes; the joints of Human3.6M.
        camera (dict): As :func:`pinhole` returns it.
    """

    name: str
    size: tuple[int, int]
    points: np.ndarray
    camera: dict[str, np.ndarray]


def annotation_file(subject: object, part: str) -> str:
    """The file of one of the ``PARTS``, relative to the data set's folder."""
    return f'annotations/Human36M_subject{subject}_{part}.json'


def read_frames(
    root: str, subject: int, wanted: Callable[[int, dict], bool]
) -> Iterator[Frame]:
    """Yield the frames of a subject in the order of the file.

    Args:
        root (str): The data set's folder.
        subject (int): Number of the subject.
        wanted (callable): Returns whether to read an image, given its position in the file
            and its entry there.

    Raises:
        UserError: The files do not match each other, or are damaged.
    """
    paths = {part: str(Path(root, annotation_file(subject, part))) for part in PARTS}
    cameras, data, joints = (load_json(paths[part]) for part in PARTS)
    try:
        for position, image in enumerate(data['images']):
            if wanted(position, image):
                yield _to_frame(image, cameras, joints)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UserError(
            f'The annotations `{Path(root, annotation_file(subject, "*"))}` do not match '
            f'each other, or are damaged ({error!r}): unpack them again.'
        ) from error


def _to_frame(image: dict, cameras: dict, joints: dict) -> Frame:
    action, subaction, number = (
        str(image[f'{key}_idx']) for key in ('action', 'subaction', 'frame')
    )
    points = np.array(joints[action][subaction][number], np.float64).reshape(17, 3)
    found = cameras[str(image['cam_idx'])]
    rotation = np.array(found['R'], np.float64).reshape(3, 3)
    translation = np.array(found['t'], np.float64).reshape(3)
    matrix = np.diag([*found['f'], 1.0])
    matrix[:2, 2] = found['c']
    return Frame(
        image['file_name'],
        (int(image['width']), int(image['height'])),
        points @ rotation.T + translation,
        pinhole(matrix),
    )
