"""TigDog: frames of films of horses and tigers."""

import os.path as osp
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from mmpose.registry import DATASETS
from PIL import Image
from scipy.io import loadmat

from mmpose_uda.datasets.published.animals import PublishedAnimals
from mmpose_uda.datasets.published.base import Instance
from mmpose_uda.datasets.published.protocol import held_out
from mmpose_uda.metainfo import ANIMAL18

_KEYPOINTS = 18  # the file has a 19th, the neck
# Keypoints of the file in the order of the metainfo. A horse's already are; a tiger's have
# the elbows before the shoulders and the knees after them.
_ORDER = dict(
    horse=np.arange(_KEYPOINTS),
    tiger=np.array([*range(8), 14, 15, 16, 17, 12, 13, 8, 9, 10, 11]),
)
_MARGIN = 15  # px around the keypoints
# Mu et al. keep only frames with more keypoints than this before they split.
_FEW = _KEYPOINTS // 2


class _Frame(NamedTuple):
    image: str  # relative to the data set's folder
    shot: int
    points: np.ndarray  # [18, 2], px
    flags: np.ndarray  # [18], the file's visibility


@DATASETS.register_module()
class TigDog(PublishedAnimals):
    """TigDog (Del Pero et al., CVPR 2015): 18 keypoints of horses and tigers in films.

    It is read as in the code of Mu et al. (Learning from Synthetic Animals, CVPR 2020),
    UDA-Animal-Pose (CVPR 2021) and UniFrame (ECCV 2022): frames of all shots with
    landmarks, in the order of ``ranges.mat``; the box is that of the keypoints and 15 px
    around them, within the image, even if ``labels`` is False. A keypoint is visible if
    its row is above 0, whatever its flag (as in the published evaluation); with ``clean``,
    only if its flag says so too.

    The split is by film: 8380 and 1772 frames of horses, 6523 and 1765 of tigers. Its files
    ``<animal>/{train,valid}_idxs_by_video.npy`` come with that code: copy the folder
    ``real_animal`` from ``data/`` of JitengMu/Learning-from-Synthetic-Animals or of
    chaneyddtt/UDA-Animal-Pose, or from ``cached_data/`` of
    VisionLearningGroup/UDA_PoseEstimation. ``own_split`` instead takes the frames with more
    than 9 visible keypoints, and a fifth of their shots for ``'valid'``.

    Args:
        data_root (str): The folder behaviorDiscovery2.0.
        split (str): ``'train'`` or ``'valid'``.
        animals (Sequence[str], optional): Default: horse and tiger.
        own_split (bool): See above.
        clean (bool): See above.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: See :class:`PublishedAnimals`.
    """

    METAINFO = ANIMAL18
    ANIMALS = DEFAULT_ANIMALS = ('horse', 'tiger')
    SOURCE = 'the TigDog project (calvin-vision.net)'
    TREE = """
behaviorDiscovery2.0/
  {horse,tiger}/00000001.jpg ...
  landmarks/{horse,tiger}/1.mat ...
  ranges/{horse,tiger}/ranges.mat
  real_animal/{horse,tiger}/{train,valid}_idxs_by_video.npy  (the split, of published code)
"""

    def load_animal(self, animal: str) -> Iterator[Instance]:
        """Yield the instances of one animal in the split."""
        for frame in self._frames_of_split(animal):
            yield self._to_instance(frame)

    def _frames_of_split(self, animal: str) -> list[_Frame]:
        frames = list(self._frames(animal))
        if not frames:
            raise self.misfit(f'has no landmarks of any shot in `landmarks/{animal}`')
        if self.own_split:
            frames = [frame for frame in frames if (frame.flags > 0).sum() > _FEW]
            parts = held_out(sorted({frame.shot for frame in frames}))
            shots = set(parts[self.SPLITS.index(self.split)])
            return [frame for frame in frames if frame.shot in shots]
        path = f'real_animal/{animal}/{self.split}_idxs_by_video.npy'
        what = f'frames of the {animal} with landmarks'
        return self.selected(frames, self.load_split_file(path), what)

    def _frames(self, animal: str) -> Iterator[_Frame]:
        """Yield all frames with landmarks; the numbers of a split count these."""
        folder = f'landmarks/{animal}'
        self.require(folder)
        for shot, first, last in self._load_mat(f'ranges/{animal}/ranges.mat', 'ranges'):
            path = f'{folder}/{int(shot)}.mat'
            if not osp.isfile(osp.join(self.data_root, path)):
                continue  # a shot without annotations
            landmarks = self._load_mat(path, 'landmarks')
            numbers = range(int(first), int(last) + 1)
            if len(landmarks) < len(numbers):
                raise self.misfit(
                    f'has {len(landmarks)} frames in `{path}` where the shot has '
                    f'{len(numbers)}'
                )
            for number, record in zip(numbers, landmarks):
                points, flags = self._to_keypoints(record, path)
                order = _ORDER[animal]
                image = f'{animal}/{number:08d}.jpg'
                yield _Frame(image, int(shot), points[order], flags[order])

    def _load_mat(self, path: str, key: str) -> np.ndarray:
        full = self.require(path)
        try:
            return loadmat(full)[key]
        except Exception as error:  # damaged files raise anything
            raise self.misfit(
                f'has a `{path}` that is not a MATLAB file with `{key}` (damaged?)'
            ) from error

    def _to_keypoints(self, record: np.ndarray, path: str) -> tuple[np.ndarray, np.ndarray]:
        """Points [18, 2] and flags [18] of a frame, from a cell with a struct of both."""
        try:
            points, flags = list(record[0][0][0])[:2]
            points = np.asarray(points, np.float32).reshape(-1, 2)[:_KEYPOINTS]
            flags = np.asarray(flags, np.float32).reshape(-1)[:_KEYPOINTS]
            if len(points) == len(flags) == _KEYPOINTS:
                return points, flags
        except (TypeError, ValueError, IndexError):
            pass
        raise self.misfit(
            f'has landmarks in `{path}` that are not points and their visibility'
        )

    def _to_instance(self, frame: _Frame) -> Instance:
        xs, ys = (column[column > 0] for column in frame.points.T)  # NaN is not over 0
        if not len(xs) or not len(ys):
            raise self.misfit(
                f'has no keypoint of `{frame.image}`, a frame of the split: landmarks and '
                'split are of different versions'
            )
        with Image.open(self.require(frame.image)) as image:
            width, height = image.size
        visible = frame.points[:, 1] > 0
        if self.clean:
            visible &= frame.flags > 0
        return Instance(
            image=frame.image,
            keypoints=np.where(visible[:, None], frame.points, 0),
            visible=visible,
            box=np.array(
                [
                    max(xs.min() - _MARGIN, 0),
                    max(ys.min() - _MARGIN, 0),
                    min(xs.max() + _MARGIN, width),
                    min(ys.max() + _MARGIN, height),
                ]
            ),
        )
