"""Human3.6M (Ionescu et al., TPAMI 2014) in 3D, as RGB methods read it."""

from collections.abc import Iterator

from mmpose.registry import DATASETS

from mmpose_uda.metainfo import HUMAN17

from .base import Instance, PublishedDataset
from .h36m_annotations import IMAGES, PARTS, TREE, annotation_file, read_frames
from .human36m import SUBJECTS
from .projected_pose import projected_pose

STEPS = {'train': 5, 'test': 64}
"""Step between the frames that are read."""


@DATASETS.register_module()
class Human36M3D(PublishedDataset):
    """People of Human3.6M in whole images; 17 keypoints, 3D and cameras.

    Subjects and frames are those of both published protocols, MPJPE (1) and PA-MPJPE (2):
    every fifth frame of subjects 1, 5, 6, 7 and 8 for training, every 64th of 9 and 11 for
    the test, as ``data/Human36M/Human36M.py`` of mks0601/3DMPPE_POSENET_RELEASE takes them.
    (What it calls its protocol 1, only subject 11 as the test, is not available.)

    No conversion is needed: the images are not cropped beforehand. 3D is in mm along the
    camera's axes; the 2D is its projection without the lens's distortion, 1 to 2.5 px, as
    in that code. The box is the square of 1.5 times the keypoints within the image: do not
    add padding. There are no masks.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train' or 'test'.
        clean (bool): Has no effect.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PublishedDataset`.
    """

    METAINFO = HUMAN17
    TREE = TREE
    SPLITS = tuple(STEPS)
    SOURCE = 'mks0601/3DMPPE_POSENET_RELEASE'

    def load_instances(self) -> Iterator[Instance]:
        step = STEPS[self.split]
        for subject in SUBJECTS[self.split]:
            for part in PARTS:
                self.require(annotation_file(subject, part))
            frames = list(
                read_frames(
                    self.data_root, subject, lambda _, image: image['frame_idx'] % step == 0
                )
            )
            for frame in frames[:1] + frames[-1:]:
                self.require(f'{IMAGES}/{frame.name}')
            for frame in frames:
                person = projected_pose(
                    f'{IMAGES}/{frame.name}', frame.points, frame.camera, frame.size
                )
                if person is not None:
                    yield person
