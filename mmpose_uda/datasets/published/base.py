"""What all public data sets share, in the form in which their owners give them out."""

import os.path as osp
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from mmpose_uda.datasets.pose_dataset import PoseDataset
from mmpose_uda.errors import UserError

PAGE = "the page 'Public data sets' of the documentation"


@dataclass
class Instance:
    """One person, hand or animal in one image.

    Args:
        image (str): File, relative to the data set's folder.
        keypoints (np.ndarray): [K, 2], px; what is not visible may be anything finite.
        visible (np.ndarray): [K], 0 where a keypoint has no label.
        box (np.ndarray, optional): [4] xyxy, px. The whole image where there is none.
        keypoints_3d (np.ndarray, optional): [K, 3], mm, the camera's axes.
        camera (dict, optional): ``focal`` [2] and ``principal_point`` [2], px.
        mask (str, optional): File of the foreground, relative to the folder, as
            :mod:`mmpose_uda.datasets.mask_files` reads it.
        mask_values (tuple, optional): Lowest and highest value of the mask's file that are
            the foreground; without it the file holds 0 and 255.
        hand_side (str, optional): 'left' or 'right', for :class:`MirrorRightHand`.
    """

    image: str
    keypoints: np.ndarray
    visible: np.ndarray
    box: Optional[np.ndarray] = None
    keypoints_3d: Optional[np.ndarray] = None
    camera: Optional[dict] = None
    mask: Optional[str] = None
    mask_values: Optional[tuple] = None
    hand_side: Optional[str] = None


class PublishedDataset(PoseDataset):
    """A public data set as it is downloaded and unpacked, no file made by hand.

    A subclass says what the folder looks like and yields its instances; labels, masks and
    the keypoint definition are those of :class:`PoseDataset`.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): One of ``SPLITS``.
        clean (bool): Without the quirks of the published protocol, where there are any.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: The split is unknown; when it is read, that something is missing in the
            folder, or is not what the data set has there.
    """

    TREE: str
    """The folder as it is after unpacking, a line an entry."""

    SPLITS: tuple[str, ...]
    """What it is divided into."""

    SOURCE: str
    """Where it is given out, in a few words."""

    SERVER: Optional[str] = None
    """Which server scores its split 'evaluation', of
    :data:`mmpose_uda.evaluation.submissions.FORMATS`."""

    num_frames = 0
    """How many instances the split has, those included that are not usable."""

    def __init__(self, data_root: str, split: str, clean: bool = False, **kwargs: Any):
        if split not in self.SPLITS:
            raise UserError(
                f'{type(self).__name__} has no split {split!r}: use one of '
                f'{", ".join(self.SPLITS)}.'
            )
        self.split = split
        self.clean = clean
        super().__init__(data_root=data_root, data_prefix=dict(img=''), **kwargs)

    @abstractmethod
    def load_instances(self) -> Iterator[Instance]:
        """Instances of the split, in the order of the protocol."""

    def require(self, path: str) -> str:
        """The full path of a file or folder of the data set.

        Args:
            path (str): Relative to its folder.

        Raises:
            UserError: It is not there.
        """
        full = osp.join(self.data_root, path)
        if not osp.exists(full):
            raise self.misfit(f'has no `{path}`')
        return full

    def misfit(self, what: str) -> UserError:
        """The error of a folder that is not this data set's.

        Args:
            what (str): What is wrong with it, after 'The folder'.
        """
        return self._misfit(self.data_root, what)

    @classmethod
    def require_root(cls, data_root: str) -> None:
        """Refuse a folder that is not there, and show what belongs there."""
        if not osp.isdir(data_root):
            raise cls._misfit(data_root, 'does not exist')

    @classmethod
    def _misfit(cls, data_root: str, what: str) -> UserError:
        return UserError(
            f'The folder `{data_root}` {what}. {cls.__name__} reads what '
            f'{cls.SOURCE} gives out ({PAGE}), unpacked as\n'
            f'{cls.TREE.strip()}\nPut it there, or correct `data_root`.'
        )

    def load_data_list(self) -> list[dict]:
        """Read the split.

        Returns:
            list[dict]: One dict an instance, as :class:`PoseDataset` has them.

        Raises:
            UserError: See the class.
        """
        self.require_root(self.data_root)
        infos = [self._to_info(i, one) for i, one in enumerate(self.load_instances())]
        self.num_frames = len(infos)
        usable = [info for info in infos if self._is_valid_instance(info)]
        if not usable:
            raise self.misfit(f'holds no sample of the split {self.split!r}')
        return usable

    def _to_info(self, number: int, instance: Instance) -> dict:
        info = dict(
            id=number,
            img_id=number,
            img_path=osp.join(self.data_root, instance.image),
            category_id=1,
            iscrowd=0,
        )
        if instance.box is not None:
            info['bbox'] = np.asarray(instance.box, np.float32)[None]
            info['bbox_score'] = np.ones(1, np.float32)
        if instance.hand_side is not None:
            info['hand_side'] = instance.hand_side
        if instance.camera is not None:
            info['camera'] = {
                key: np.asarray(value, np.float32) for key, value in instance.camera.items()
            }
        if self.labels:
            visible = np.minimum(instance.visible, 1).astype(np.float32)
            info.update(
                keypoints=np.asarray(instance.keypoints, np.float32)[None],
                keypoints_visible=visible[None],
                num_keypoints=int((visible > 0).sum()),
            )
            if instance.keypoints_3d is not None:
                info['keypoints_3d'] = np.asarray(instance.keypoints_3d, np.float32)[None]
        if (self.labels or self.masks) and instance.mask is not None:
            info['mask_path'] = osp.join(self.data_root, instance.mask)
            if instance.mask_values is not None:
                info['mask_values'] = instance.mask_values
        return info
