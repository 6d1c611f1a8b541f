"""What all public data sets share, in the form in which their owners distribute them."""

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
        image (str): Image file, relative to the data set's folder.
        keypoints (np.ndarray): [K, 2], px; any finite values for those not visible.
        visible (np.ndarray): [K], 0 for a keypoint without a label.
        box (np.ndarray, optional): [4] xyxy, px. Default: the whole image.
        keypoints_3d (np.ndarray, optional): [K, 3], mm, along the camera's axes.
        camera (dict, optional): ``focal`` [2] and ``principal_point`` [2], px.
        mask (str, optional): File of the foreground, relative to the folder, as
            :mod:`mmpose_uda.datasets.mask_files` reads it.
        mask_values (tuple, optional): Lowest and highest value of the foreground in the
            mask's file; without it the file holds 0 and 255.
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
    """A public data set as downloaded and unpacked, without files made by hand.

    A subclass defines what the folder looks like and yields its instances; labels, masks
    and the keypoint definition are handled as in :class:`PoseDataset`.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): One of ``SPLITS``.
        clean (bool): Leave out the quirks of the published protocol, if it has any.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: The split is unknown; or, when it is read, something in the folder is
            missing or unexpected.
    """

    TREE: str
    """The folder after unpacking, one line per entry."""

    SPLITS: tuple[str, ...]
    """Names of its splits."""

    SOURCE: str
    """Who provides it, in a few words."""

    SERVER: Optional[str] = None
    """The server that scores its split 'evaluation', a key of
    :data:`mmpose_uda.evaluation.submissions.FORMATS`."""

    num_frames = 0
    """Number of instances in the split, including unusable ones."""

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
        """Yield the instances of the split, in the order of the protocol."""

    def require(self, path: str, remark: str = '') -> str:
        """Return the full path of a file or folder of the data set.

        Args:
            path (str): Relative to the data set's folder.
            remark (str): What the error adds to its name.

        Raises:
            UserError: It does not exist.
        """
        full = osp.join(self.data_root, path)
        if not osp.exists(full):
            raise self.misfit(f'has no `{path}`{remark}')
        return full

    def require_labels(self, path: str) -> str:
        """As :meth:`require`, for the labels of a split that has images without them."""
        return self.require(
            path, f', the labels of its {self.split} (not needed with `labels=False`)'
        )

    def misfit(self, what: str) -> UserError:
        """Return the error for a folder that does not hold this data set.

        Args:
            what (str): What is wrong with it, worded to follow 'The folder'.
        """
        return self._misfit(self.data_root, what)

    @classmethod
    def require_root(cls, data_root: str) -> None:
        """Check that the folder exists; if not, show what it must contain."""
        if not osp.isdir(data_root):
            raise cls._misfit(data_root, 'does not exist')

    @classmethod
    def _misfit(cls, data_root: str, what: str) -> UserError:
        return UserError(
            f'The folder `{data_root}` {what}. {cls.__name__} reads what '
            f'{cls.SOURCE} provides ({PAGE}), unpacked as\n'
            f'{cls.TREE.strip()}\nPut it there, or correct `data_root`.'
        )

    def load_data_list(self) -> list[dict]:
        """Read the split.

        Returns:
            list[dict]: One dict per instance, as in :class:`PoseDataset`.

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
