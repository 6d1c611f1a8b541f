"""MPI-INF-3DHP (Mehta et al., 3DV 2017) in the form of mmpose."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
from mmpose.registry import DATASETS

from mmpose_uda.datasets.files import load_array_pickle
from mmpose_uda.metainfo import HUMAN17

from .base import Instance, PublishedDataset
from .mmpose_annotations import read_entries
from .mpi_inf_3dhp import RELEVANT, STEP
from .projected_pose import projected_pose

_FILES = {'train': 'mpi_inf_3dhp_train', 'test': 'mpi_inf_3dhp_test_valid'}
_OUTDOORS = ('TS5', 'TS6')


@DATASETS.register_module()
class MPIINF3DHPMMPose(PublishedDataset):
    """People of MPI-INF-3DHP as mmpose's ``preprocess_mpi_inf_3dhp.py`` makes them.

    Frames, joints and boxes are those of :class:`MPIINF3DHP`, but the people of the test
    have their own height, unlike in the published figures: the files do not hold the scaled
    poses. 3D is in mm along the camera's axes, converted from m. The 2D is its projection,
    up to 2 px from the file's at hips and spine, which the data set places differently in
    2D.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train' or 'test'.
        clean (bool): Has no effect.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PublishedDataset`.
    """

    METAINFO = HUMAN17
    TREE = """
annotations/mpi_inf_3dhp_train.npz  cameras_train.pkl
annotations/mpi_inf_3dhp_test_valid.npz  cameras_test.pkl
images/S1_Seq1_Cam0_000001.jpg ...  TS1_000001.jpg ...
"""
    SPLITS = tuple(_FILES)
    SOURCE = "mmpose's preprocess_mpi_inf_3dhp.py"

    def load_instances(self) -> Iterator[Instance]:
        path = f'annotations/{_FILES[self.split]}.npz'
        step = STEP if self.split == 'train' else 1
        people = list(islice(read_entries(self, path), 0, None, step))
        cameras = self._cameras(f'annotations/cameras_{self.split}.pkl')
        for entry in people[:1] + people[-1:]:
            self.require(f'images/{entry.image}')
        for entry in people:
            try:
                person = projected_pose(
                    f'images/{entry.image}',
                    entry.points[RELEVANT],
                    cameras[entry.image.rpartition('_')[0]],
                    (1920, 1080) if entry.image.startswith(_OUTDOORS) else (2048, 2048),
                    box=entry.box,
                )
            except KeyError as error:
                raise self.misfit(
                    f'has a `{path}` and cameras that do not match: there is no '
                    f'camera {error}'
                ) from error
            if person is not None:
                if self.split == 'test':
                    person.visible = np.ones(len(RELEVANT))
                yield person

    def _cameras(self, name: str) -> dict[str, dict[str, np.ndarray]]:
        content = load_array_pickle(self.require(name))
        try:
            return {
                key: dict(
                    focal=np.array(camera['f'], np.float64).reshape(2),
                    principal_point=np.array(camera['c'], np.float64).reshape(2),
                )
                for key, camera in content.items()
            }
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self.misfit(
                f'has a `{name}` that is not a dict of cameras, each with `f` and `c` of '
                f'two numbers ({error!r})'
            ) from error
