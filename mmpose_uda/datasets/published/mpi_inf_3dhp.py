"""MPI-INF-3DHP (Mehta et al., 3DV 2017)."""

from collections.abc import Iterator
from typing import Any, Optional

import numpy as np
from mmpose.registry import DATASETS
from scipy.io import loadmat

from mmpose_uda.datasets.files import load_hdf5
from mmpose_uda.metainfo import HUMAN17

from .base import Instance, PublishedDataset
from .camera import fitted_pinhole, pinhole
from .projected_pose import projected_pose

# for each keypoint of HUMAN17, the number of the data set's 'relevant' joint (of 17)
RELEVANT = np.array([14, 8, 9, 10, 11, 12, 13, 15, 1, 16, 0, 5, 6, 7, 2, 3, 4])
# for each 'relevant' joint, its number among all 28, from mpii_get_joint_set.m
_OF_ALL = np.array([7, 5, 14, 15, 16, 9, 10, 11, 23, 24, 25, 18, 19, 20, 4, 3, 6])
STEP = 10
"""Step between the frames of the training that are read."""
CAMERAS = (0, 1, 2, 4, 5, 6, 7, 8)
"""The ones that `mpii_get_camera_set.m` calls 'vnect'."""
FRAMES = {
    (1, 1): 6416, (1, 2): 12430, (2, 1): 6502, (2, 2): 6081,
    (3, 1): 12488, (3, 2): 12283, (4, 1): 6171, (4, 2): 6675,
    (5, 1): 12820, (5, 2): 12312, (6, 1): 6188, (6, 2): 6145,
    (7, 1): 6239, (7, 2): 6320, (8, 1): 6468, (8, 2): 6054,
}  # fmt: skip
"""Number of frames by subject and sequence, from `mpii_get_sequence_info.m`."""
TOO_SHORT = (6, 2, 2)
"""Subject, sequence and camera of a video that is not used, because it lacks frames."""
_SIZE = 2048, 2048  # px
_TEST = 'mpi_inf_3dhp_test_set'
_TEST_SIZES = {f'TS{i}': (1920, 1080) if i > 4 else _SIZE for i in range(1, 7)}
_PELVIS, _NECK = 0, 8  # of HUMAN17
# of HUMAN17, without hips and spine, whose 2D and 3D are up to 2 px apart
_EXACT = [i for i in range(17) if i not in (1, 4, 7)]


@DATASETS.register_module()
class MPIINF3DHP(PublishedDataset):
    """People in front of a green screen, in- and outdoors; 17 keypoints, 3D and cameras.

    'train' is every tenth frame, as in SPIN's code, of subjects 1 to 8 and of the eight
    cameras at chest height and above; ``tools/dataset_converters/extract_frames.py``
    extracts the images from the videos. 'test' is the frames flagged as valid in its six
    sequences, two of which are outdoors and of another size.

    Joints are the 17 that the data set calls 'relevant', in the order of 'human17': its
    neck, head and top of the head stand for thorax, nose and head. 3D is in mm along the
    camera's axes, and the 2D is its projection. The cameras of the test are those that
    best project its 3D onto its 2D, as in mmpose's and other code.

    The published figures, PCK at 150 mm and its AUC, are of poses scaled to one height
    (``univ_annot3``), and all joints count, even those outside the image. So in 'test' all
    are visible, and the 3D is the scaled pose, at the distance at which the picture is the
    same.

    The box is the square of 1.5 times the keypoints within the image: do not add padding.
    Masks are not read: they show the green screen, not the person.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train' or 'test'.
        universal (bool, optional): Whether people are scaled to one height. Default: only
            in 'test'.
        **kwargs: As for :class:`PublishedDataset`; ``clean`` has no effect.

    Raises:
        UserError: As for :class:`PublishedDataset`.
    """

    METAINFO = HUMAN17
    TREE = """
S1/Seq1/annot.mat  camera.calibration
S1/Seq1/imageSequence/video_0.avi ...  (for `mmpose_uda extract-frames`)
S1/Seq1/imageFrames/video_0/frame_000001.jpg ...  (which it makes)
S1/Seq2/  S2/ ... S8/  the same
mpi_inf_3dhp_test_set/TS1/annot_data.mat
mpi_inf_3dhp_test_set/TS1/imageSequence/img_000001.jpg ...
mpi_inf_3dhp_test_set/TS2/ ... TS6/  the same
"""
    SPLITS = ('train', 'test')
    SOURCE = 'MPI-INF-3DHP of the Max Planck Institute for Informatics'

    def __init__(
        self, data_root: str, split: str, universal: Optional[bool] = None, **kwargs: Any
    ):
        self.universal = split == 'test' if universal is None else universal
        super().__init__(data_root=data_root, split=split, **kwargs)

    def load_instances(self) -> Iterator[Instance]:
        if self.split == 'test':
            for sequence, size in _TEST_SIZES.items():
                yield from self._test_people(f'{_TEST}/{sequence}', size)
        else:
            for subject, sequence in FRAMES:
                yield from self._train_people(subject, sequence)

    def _train_people(self, subject: int, sequence: int) -> Iterator[Instance]:
        folder = f'S{subject}/Seq{sequence}'
        cameras = self._cameras(f'{folder}/camera.calibration')
        name = f'{folder}/annot.mat'
        poses, scaled = self._train_poses(name)
        for number in CAMERAS:
            if (subject, sequence, number) == TOO_SHORT:
                continue
            rows = range(0, min(len(poses[number]), FRAMES[subject, sequence]), STEP)
            images = [frame_image(folder, number, row) for row in rows]
            for image in images[:1] + images[-1:]:
                self.require(image)
            for row, image in zip(rows, images):
                pair = poses[number][row], scaled[number][row]
                try:
                    person = self._person(image, *pair, cameras[number], _SIZE)
                except ValueError as error:
                    raise self.misfit(
                        f'has a `{name}` whose `annot3` of `{image}` does not hold finite '
                        'numbers'
                    ) from error
                if person is not None:
                    yield person

    def _train_poses(self, name: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Poses [F, 17, 3] of HUMAN17 by camera: as they are, and scaled to one height."""
        path = self.require(name)
        keys = ('annot3', 'univ_annot3')
        try:
            content = loadmat(path, variable_names=keys)
            true, scaled = (
                [
                    np.asarray(poses, np.float64).reshape(-1, 28, 3)[:, _OF_ALL][
                        :, RELEVANT
                    ]
                    for poses in content[key].ravel()[: CAMERAS[-1] + 1]
                ]
                for key in keys
            )
            counts = [{len(poses) for poses in cameras} for cameras in (true, scaled)]
            if len(true) > CAMERAS[-1] and counts[0] == counts[1] and len(counts[0]) == 1:
                return true, scaled
        except Exception as error:  # damaged files raise anything
            raise self.misfit(
                f'has a `{name}` that is not a MATLAB file with `annot3` and `univ_annot3` '
                f'of 28 joints per camera ({error!r})'
            ) from error
        raise self.misfit(
            f'has a `{name}` whose `annot3` and `univ_annot3` do not hold the same frames '
            'of at least nine cameras'
        )

    def _cameras(self, name: str) -> dict[int, dict[str, np.ndarray]]:
        """Cameras by their number."""
        with open(self.require(name), encoding='utf-8', errors='replace') as file:
            lines = [line.split() for line in file if line.strip()]
        cameras, number = {}, None
        try:
            for key, *values in lines:
                if key == 'name':
                    number = int(values[0])
                elif key == 'intrinsic':
                    matrix = np.array(values, np.float64).reshape(4, 4)[:3, :3]
                    cameras[number] = pinhole(matrix)
        except (IndexError, ValueError) as error:
            raise self.misfit(
                f'has a `{name}` whose lines `name` and `intrinsic` are not a number and '
                f'a matrix of 16 numbers ({error!r})'
            ) from error
        missing = set(CAMERAS) - set(cameras)
        if missing:
            raise self.misfit(f'has a `{name}` without the camera {min(missing)}')
        return cameras

    def _test_people(self, folder: str, size: tuple[int, int]) -> Iterator[Instance]:
        name = f'{folder}/annot_data.mat'
        pixels, poses, scaled, valid = load_hdf5(
            self.require(name), 'annot2', 'annot3', 'univ_annot3', 'valid_frame'
        )
        try:
            pixels, poses, scaled = (
                array.reshape(valid.size, 17, -1)[:, RELEVANT].astype(np.float64)
                for array in (pixels, poses, scaled)
            )
            rows = np.flatnonzero(valid)
            used = poses[rows][:, _EXACT].reshape(-1, 3)
            camera = fitted_pinhole(used, pixels[rows][:, _EXACT].reshape(-1, 2))
            images = [f'{folder}/imageSequence/img_{row + 1:06d}.jpg' for row in rows]
            for image in images[:1] + images[-1:]:
                self.require(image)
            for row, image in zip(rows, images):
                person = self._person(image, poses[row], scaled[row], camera, size)
                if person is not None:
                    person.visible = np.ones(17)
                    yield person
        except ValueError as error:
            raise self.misfit(
                f'has a `{name}` whose `annot2`, `annot3` and `univ_annot3` are not 17 '
                f'joints for each `valid_frame`, in front of the camera ({error!r})'
            ) from error

    def _person(
        self,
        image: str,
        points: np.ndarray,
        scaled: np.ndarray,
        camera: dict[str, np.ndarray],
        size: tuple[int, int],
    ) -> Optional[Instance]:
        person = projected_pose(image, points, camera, size)
        if person is not None and self.universal:
            height, true = (
                np.linalg.norm(pose[_NECK] - pose[_PELVIS]) for pose in (scaled, points)
            )
            root = points[_PELVIS] * (height / true)
            person.keypoints_3d = root + scaled - scaled[_PELVIS]
        return person


def frame_image(folder: str, camera: int, row: int) -> str:
    """The image of a row of the annotations; ``folder`` is that of the sequence."""
    return f'{folder}/imageFrames/video_{camera}/frame_{row + 1:06d}.jpg'
