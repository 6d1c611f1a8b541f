"""Two models on the same labelled samples: their errors, joint by joint.

Only arrays: nothing here depends on networks, files or pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Optional

import numpy as np

from mmpose_uda.errors import UserError

from . import functional as F


@dataclass(frozen=True)
class ErrorScale:
    """How errors are measured and displayed.

    Args:
        unit (str): The unit, as words after a number.
        decimals (int): How many decimals to display.
        largest_threshold (float): Largest threshold of a curve of PCK.
    """

    unit: str
    decimals: int
    largest_threshold: float

    def tell(self, error: float) -> str:
        """Format an error with its unit."""
        return f'{error:.{self.decimals}f} {self.unit}'


CROP_SHARES = ErrorScale("of the crop's side", 3, 0.2)
MILLIMETRES = ErrorScale('mm', 1, 150.0)


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """The labels of N samples.

    Args:
        images (list[str]): Paths of the images.
        points (np.ndarray): Keypoints [N, K, 2] in px of the network's crop.
        size (np.ndarray): Width and height [N, 2] of the crops, px.
        valid (np.ndarray): Which keypoints are labelled, bool [N, K].
        poses (np.ndarray, optional): Poses [N, K, 3], mm.
    """

    images: list[str]
    points: np.ndarray
    size: np.ndarray
    valid: np.ndarray
    poses: Optional[np.ndarray] = None


@dataclass(frozen=True, eq=False)
class ModelResult:
    """What a model predicted for the same samples.

    Args:
        title (str): What to call the model.
        metrics (dict[str, float]): Results of the evaluator of the data.
        points (np.ndarray): Keypoints [N, K, 2] in px of the crop.
        poses (np.ndarray, optional): Poses [N, K, 3], mm.
    """

    title: str
    metrics: dict[str, float]
    points: np.ndarray
    poses: Optional[np.ndarray] = None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models, ``a`` before and ``b`` after, against one ground truth.

    In 3D, if truth and both models have poses, an error is the distance in mm with
    the roots together, as MPJPE averages it. Otherwise it is the distance as a share
    of the crop's side, as the ``'subpixel'`` protocol of CropPCK thresholds it.

    Args:
        a (ModelResult): The first model.
        b (ModelResult): The second model.
        truth (GroundTruth): The labels of their samples.
        keypoints (list[str]): Names of the K keypoints.
        root (int): Index of the root joint of 3D poses.
        joints (Sequence[int], optional): Joints of 3D poses that count. Default: all.

    Raises:
        UserError: There is no joint to score.
    """

    a: ModelResult
    b: ModelResult
    truth: GroundTruth
    keypoints: list[str]
    root: int = 0
    joints: Optional[Sequence[int]] = None

    def __post_init__(self) -> None:
        if not np.isfinite(self.errors).any():
            raise UserError(
                'There is nothing to compare: no sample of the data has a joint that '
                'counts; check keypoints_visible of the labels.'
            )

    @property
    def is_3d(self) -> bool:
        """Whether truth and both models have poses in space."""
        return all(x.poses is not None for x in (self.a, self.b, self.truth))

    @property
    def scale(self) -> ErrorScale:
        """How the errors are measured."""
        return MILLIMETRES if self.is_3d else CROP_SHARES

    @cached_property
    def errors(self) -> np.ndarray:
        """Errors [2, N, K] of both models; NaN where a joint does not count."""
        valid = self.truth.valid
        if self.is_3d:
            truth = F.root_align(self.truth.poses, self.root)
            errors = [
                np.linalg.norm(F.root_align(model.poses, self.root) - truth, axis=-1)
                for model in (self.a, self.b)
            ]
            valid = valid & valid[:, self.root : self.root + 1]
            if self.joints is not None:
                valid = valid & np.isin(np.arange(valid.shape[1]), self.joints)
        else:
            errors = [
                F.crop_distances(model.points, self.truth.points, self.truth.size)
                for model in (self.a, self.b)
            ]
        return np.where(valid, errors, np.nan)

    @property
    def mean_errors(self) -> np.ndarray:
        """Mean errors [2] of both models over all joints that count."""
        return _mean_of_finite(self.errors, (1, 2))

    @property
    def joint_errors(self) -> np.ndarray:
        """Mean errors [2, K] of each joint; NaN for one that never counts."""
        return _mean_of_finite(self.errors, 1)

    @property
    def joint_counts(self) -> np.ndarray:
        """Number of samples in which each joint counts, [K]."""
        return np.isfinite(self.errors[0]).sum(0)

    @cached_property
    def sample_errors(self) -> np.ndarray:
        """Mean errors [2, N] of each sample; NaN for one without a joint that counts."""
        return _mean_of_finite(self.errors, 2)

    @property
    def gains(self) -> np.ndarray:
        """By how much ``b`` is nearer to the truth than ``a``, [N]; NaN as above."""
        return self.sample_errors[0] - self.sample_errors[1]

    def largest_gains(self, count: int) -> list[int]:
        """Samples on which ``b`` gains, at most ``count``, the largest gain first."""
        order = np.argsort(-self.gains, kind='stable')
        return [int(n) for n in order[:count] if self.gains[n] > 0]

    def largest_losses(self, count: int) -> list[int]:
        """Samples on which ``b`` loses, at most ``count``, the largest loss first."""
        order = np.argsort(self.gains, kind='stable')
        return [int(n) for n in order[:count] if self.gains[n] < 0]

    def pck(self, thresholds: np.ndarray) -> np.ndarray:
        """Shares [2, T] of joints whose error is below each threshold [T]."""
        curves = []
        for errors in self.errors:
            ordered = np.sort(errors[np.isfinite(errors)])
            below = np.searchsorted(ordered, thresholds, side='left')
            curves.append(below / len(ordered))
        return np.array(curves)


def _mean_of_finite(values: np.ndarray, axis) -> np.ndarray:
    """Mean over ``axis`` of what is not NaN; NaN where nothing is left."""
    count = np.isfinite(values).sum(axis)
    return np.where(count > 0, np.nansum(values, axis) / np.maximum(count, 1), np.nan)
