"""Human3.6M (Ionescu et al., TPAMI 2014) in the form of mmpose."""

import os.path as osp
import re
from collections.abc import Iterator
from typing import Any

from mmpose.registry import DATASETS

from mmpose_uda.errors import UserError
from mmpose_uda.metainfo import HUMAN17

from .base import Instance, PublishedDataset
from .camera import fitted_pinhole
from .mmpose_annotations import read_entries
from .projected_pose import projected_pose

_SIZE = 1000, 1000  # px; two of the cameras have two more rows
_STEPS = {50: {'train': 5, 'test': 64}, 10: {'train': 5, 'test': 65}}
_NUMBER = re.compile(r'_(\d+)\.\w+$')


@DATASETS.register_module()
class Human36MMMPose(PublishedDataset):
    """People of Human3.6M as mmpose's ``preprocess_h36m.py`` makes them; 17 keypoints, 3D.

    It reads what mmpose's ``Human36mDataset`` reads, but yields images with boxes instead
    of sequences of poses. Subjects and frames are those of :class:`Human36M3D`; with the
    files at 10 fps, which have every fifth frame, the test is every 65th.

    2D is as in the file, which is where the joint is in the image. 3D is in mm along the
    camera's axes, converted from m. Human3.6M's lenses distort, unlike cameras of this
    package: the camera is the one without distortion that fits a person's joints best. The
    box is the square of 1.5 times the keypoints of the published box, within the image: do
    not add padding. There are no masks.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train' or 'test'.
        fps (int): 50 or 10: which of the two folders to read.
        **kwargs: As for :class:`PublishedDataset`; ``clean`` has no effect.

    Raises:
        UserError: As for :class:`PublishedDataset`; or ``fps`` is another number.
    """

    METAINFO = HUMAN17
    TREE = """
annotation_body3d/fps50/h36m_train.npz  h36m_test.npz  (or fps10/)
images/S1/S1_Directions_1.54138969/S1_Directions_1.54138969_000001.jpg ...
"""
    SPLITS = ('train', 'test')
    SOURCE = "mmpose's preprocess_h36m.py"

    def __init__(self, data_root: str, split: str, fps: int = 50, **kwargs: Any):
        if fps not in _STEPS:
            raise UserError(f'Human36MMMPose has no fps={fps!r}: use 50 or 10.')
        self.fps = fps
        super().__init__(data_root=data_root, split=split, **kwargs)

    def load_instances(self) -> Iterator[Instance]:
        path = f'annotation_body3d/fps{self.fps}/h36m_{self.split}.npz'
        step = _STEPS[self.fps][self.split]
        people = []
        for entry in read_entries(self, path):
            number = _NUMBER.search(entry.image)
            if number is None:
                raise self.misfit(
                    f'has a `{path}` that names an image `{entry.image}`, without the '
                    'number of its frame'
                )
            if (int(number[1]) - 1) % step == 0:
                people.append(entry)
        for entry in people[:1] + people[-1:]:
            self.require(osp.join('images', entry.image))
        for entry in people:
            try:
                camera = fitted_pinhole(entry.points, entry.keypoints)
            except ValueError as error:
                raise self.misfit(
                    f'has a `{path}` with a pose that is not in front of the camera '
                    f'(`{entry.image}`)'
                ) from error
            person = projected_pose(
                osp.join('images', entry.image),
                entry.points,
                camera,
                _SIZE,
                box=entry.box,
                keypoints=entry.keypoints,
            )
            if person is not None:
                yield person
