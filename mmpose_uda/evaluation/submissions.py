"""Files of predictions for servers that score hands whose labels are not public."""

import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

import numpy as np

from mmpose_uda.metainfo import MANO21
from mmpose_uda.whole_files import whole_file

_NAME = 'pred.json'
_VERTICES = 778  # of the hand model MANO
_DECIMALS = 6  # of metres


@dataclass(frozen=True)
class SubmissionFormat:
    """The format of poses for a server.

    Args:
        joints (tuple[int, ...]): The keypoint of 'hand21' for each joint of the file.
        axes (tuple[int, int, int]): Signs of its axes relative to those of the camera: x
            right, y down, z forward.
        frames (tuple[int, ...]): Number of frames that it scores, for each version of the
            data set.
    """

    joints: tuple[int, ...]
    axes: tuple[int, int, int]
    frames: tuple[int, ...]


FORMATS = {
    # `pred.py` of lmb-freiburg/freihand
    'FreiHAND': SubmissionFormat(tuple(range(21)), (1, 1, 1), (3960,)),
    # `pred.py` and README of shreyashampali/ho3d: joints of MANO, camera of OpenGL
    'HO3D': SubmissionFormat(
        tuple(np.argsort(MANO21).tolist()), (1, -1, -1), (11524, 20137)
    ),
}


def server_pose(pose: np.ndarray, form: SubmissionFormat) -> np.ndarray:
    """Convert a pose to the format of a server, [21, 3] in m.

    Args:
        pose (np.ndarray): [21, 3] of 'hand21', mm, along the camera's axes.
        form (SubmissionFormat): The server's format.
    """
    return np.asarray(pose)[list(form.joints)] * form.axes / 1000


def write_submission(path: Union[str, os.PathLike], poses: Sequence[np.ndarray]) -> None:
    """Write the archive to submit: ``pred.json``, joints and vertices of all frames.

    This package predicts no mesh: the vertices are all zero, so the server's figures for
    meshes are meaningless. (Both servers refuse a file without vertices.)

    Args:
        path (path): The archive, which is written whole or not at all.
        poses (Sequence[np.ndarray]): [21, 3] of each frame in the server's order, as
            :func:`server_pose` returns it.
    """
    joints = [np.round(pose, _DECIMALS).tolist() for pose in poses]
    flat = json.dumps([[0.0] * 3] * _VERTICES)
    with (
        whole_file(path) as partial,
        zipfile.ZipFile(partial, 'w', zipfile.ZIP_DEFLATED) as archive,
        archive.open(_NAME, 'w', force_zip64=True) as file,
    ):
        # piecewise: the zeros of all frames are hundreds of MB
        file.write(f'[{json.dumps(joints)}, ['.encode())
        for number in range(len(joints)):
            file.write(f'{", " if number else ""}{flat}'.encode())
        file.write(b']]')
