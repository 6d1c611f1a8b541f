"""Leeds Sports Pose (Johnson and Everingham, BMVC 2010) and its extension (CVPR 2011)."""

import os
import re
from collections.abc import Iterator

import numpy as np
from mmpose.registry import DATASETS
from scipy.io import loadmat

from mmpose_uda.metainfo import HUMAN16

from .base import Instance, PublishedDataset

# joint of LSP for each keypoint of HUMAN16; LSP has neither pelvis nor thorax
_JOINTS = [0, 1, 2, 3, 4, 5, 13, 13, 12, 13, 6, 7, 8, 9, 10, 11]
_ANNOTATED = np.array([1] * 6 + [0, 0] + [1] * 8)
_LSP_JOINTS = 14
_IMAGE = re.compile(r'im\d+\.(jpg|png)')


class _LeedsSports(PublishedDataset):
    """What both data sets share: images by number, and one matrix of joints."""

    METAINFO = HUMAN16

    def read_images(self, folder: str, count: int) -> list[str]:
        """Return the images in order, relative to the data set's folder.

        Args:
            folder (str): Their folder, relative to that of the data set.
            count (int): How many there should be.

        Raises:
            UserError: There are more or fewer.
        """
        names = sorted(filter(_IMAGE.fullmatch, os.listdir(self.require(folder))))
        if len(names) != count:
            raise self.misfit(
                f'has joints of {count} images in `joints.mat`, but {len(names)} images '
                f'in `{folder}`'
            )
        return [f'{folder}/{name}' for name in names]

    def read_joints(self, axes: tuple[int, int, int]) -> np.ndarray:
        """Read joints [N, 14, 3] from ``joints.mat``: x and y, px, and a flag.

        Args:
            axes (tuple): Axes of images, joints and numbers in the file.

        Raises:
            UserError: The file is missing, damaged or of another data set.
        """
        path = self.require('joints.mat')
        try:
            joints = np.asarray(loadmat(path)['joints'], np.float32).transpose(axes)
        except Exception as error:  # damaged files raise anything
            raise self.misfit(
                f'has a `joints.mat` without three-dimensional `joints` ({error!r})'
            ) from error
        if joints.shape[1:] != (_LSP_JOINTS, 3) or not np.isfinite(joints).all():
            raise self.misfit(
                f'has a `joints.mat` of {joints.shape[1]} joints of {joints.shape[2]} '
                f'numbers, not of {_LSP_JOINTS} joints of 3 finite ones'
            )
        return joints

    def to_instance(self, image: str, joints: np.ndarray, seen: np.ndarray) -> Instance:
        """Make the instance of one image.

        Args:
            image (str): Image file, relative to the data set's folder.
            joints (np.ndarray): [14, 2], px.
            seen (np.ndarray): [14], whether they are visible.
        """
        return Instance(image, joints[_JOINTS], seen[_JOINTS] * _ANNOTATED)


@DATASETS.register_module()
class LSP(_LeedsSports):
    """2000 images of people doing sports; 14 of the 16 keypoints.

    A sample is a whole image, which a square crop pads with black: do not add padding.
    Pelvis and thorax have no label, and neither have the joints that the file flags as
    occluded: they are not scored.

    In the published protocol all 2000 images are the target of the adaptation, without
    labels, and also the test. With ``clean`` they are divided as by LSP's own authors.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train' or 'test'.
        clean (bool): Whether the first half is 'train' and the second half 'test'.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PublishedDataset`.
    """

    TREE = """
images/im0001.jpg ... im2000.jpg
joints.mat
"""
    SPLITS = ('train', 'test')
    SOURCE = 'Leeds Sports Pose'

    def load_instances(self) -> Iterator[Instance]:
        joints = self.read_joints((2, 1, 0))
        images = self.read_images('images', len(joints))
        for number in self._numbers(len(images)):
            points, occluded = joints[number, :, :2], joints[number, :, 2] > 0
            yield self.to_instance(images[number], points, ~occluded)

    def _numbers(self, count: int) -> range:
        if not self.clean:
            return range(count)
        half = count // 2
        return range(half) if self.split == 'train' else range(half, count)


@DATASETS.register_module()
class LSPExtended(_LeedsSports):
    """10,000 more images of people doing sports, with the joints of :class:`LSP`.

    It reads either the original images or their version of higher resolution (HR-LSPET),
    which has no folder ``images``. A sample is a whole image: do not add padding. The flags
    in the file say which joints are visible.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train'.
        clean (bool): Has no effect.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PublishedDataset`.
    """

    TREE = """
images/im00001.jpg ...  (HR-LSPET: im00001.png ... without a folder)
joints.mat
"""
    SPLITS = ('train',)
    SOURCE = 'Leeds Sports Pose Extended, or HR-LSPET,'

    def load_instances(self) -> Iterator[Instance]:
        joints = self.read_joints((2, 0, 1))
        is_apart = 'images' in os.listdir(self.data_root)
        images = self.read_images('images' if is_apart else '.', len(joints))
        for image, points in zip(images, joints):
            yield self.to_instance(image, points[:, :2], points[:, 2] > 0)
