"""Bone lengths and depths of a 3D source, measured from its labels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

from mmpose_uda.errors import UserError

_COVERED = 0.999  # of the depths; covering every outlier would make all cells coarser
_STEP = 10.0  # mm; the depth range is rounded outwards to a multiple of it

LabelledPoses = tuple[np.ndarray, np.ndarray]
"""Poses [N, K, 3], mm, and which of their keypoints are labelled, bool [N, K]."""


@dataclass
class SourceMeasures:
    """Measures of the labels of a source.

    Args:
        samples (int): Number of poses with 3D labels.
        unlabelled (int): Number of samples without.
        whole (int): Number of poses in which both ends of every bone are labelled.
        total_length (float): Mean over these of the sum of all bone lengths, mm.
        spread (float): Standard deviation of that sum, % of its mean.
        depths (tuple[float, float]): Nearest and farthest keypoint, mm from the root.
        depth_range (tuple[int, int]): Depth range for the codec, mm.
        root (int): Root keypoint of the codec.
    """

    samples: int
    unlabelled: int
    whole: int
    total_length: float
    spread: float
    depths: tuple[float, float]
    depth_range: tuple[int, int]
    root: int

    def __str__(self) -> str:
        """The lines for the config, and where their values come from."""
        near, far = self.depths
        return f"""\
Source: {self.samples} samples with 3D labels, {self.unlabelled} without.
{self.whole} of them have all bones; the sum of their lengths varies by {self.spread:.1f} %
(standard deviation). Depths from the root reach from {near:.0f} to {far:.0f} mm.
depth_range covers {100 * _COVERED:.1f} % of them; it is symmetric, because a pose seen from
behind has depths of the other sign, and rounded outwards to {_STEP:.0f} mm. No augmentation
widens it: boxes, turns in the image and mirroring do not change depths.

{self.lines}"""

    @property
    def lines(self) -> str:
        """The lines for the config."""
        low, high = self.depth_range
        return f"""\
    depth_range=({low}, {high}),
    total_length={self.total_length:.1f},  # mean of the source, mm
    root={self.root},"""


def labelled_poses(info: dict) -> Optional[LabelledPoses]:
    """The poses of a data set's sample, or None if it has no 3D labels."""
    poses = info.get('keypoints_3d')
    if poses is None:
        return None
    poses = np.asarray(poses, np.float64)
    visible = np.asarray(info.get('keypoints_visible', np.ones(poses.shape[:2])))
    # [N, K], or [N, K, 2] with the keypoint weights in the second column
    visible = visible.reshape(*poses.shape[:2], -1)[..., 0]
    return poses, (visible > 0) & np.isfinite(poses).all(-1)


def measure_poses(
    labels: Sequence[Optional[LabelledPoses]],
    skeleton: Sequence[tuple[int, int]],
    root: int = 0,
) -> SourceMeasures:
    """Measure the poses of a source.

    Args:
        labels (Sequence): What :func:`labelled_poses` returns for each sample.
        skeleton (Sequence[tuple[int, int]]): Bones as pairs of keypoint indices.
        root (int): Root keypoint.

    Raises:
        UserError: No sample has 3D labels, none has all bones and the root labelled, the
            bones have no length, or a bone or the root is beyond the keypoints.
    """
    known = [label for label in labels if label is not None]
    if not known:
        raise UserError(
            'The source has no `keypoints_3d`: add it to the annotations, or train a 2D '
            'head.'
        )
    poses, valid = (np.concatenate(arrays) for arrays in zip(*known))
    bones = np.asarray(skeleton)
    count = poses.shape[1]
    if max(bones.max(), root) >= count:
        raise UserError(
            f'The codec has bones or a root beyond the {count} keypoints of the source: '
            'set `skeleton` and `root` to those of its keypoints.'
        )
    whole = valid[:, bones].all((1, 2))
    others = np.arange(count) != root
    seen = valid & valid[:, root : root + 1] & others
    if not (whole.any() and seen.any()):
        raise UserError(
            'No sample of the source has all bones and its root labelled: check its '
            '`keypoints_visible`.'
        )
    ends = poses[whole][:, bones]
    lengths = np.linalg.norm(ends[:, :, 1] - ends[:, :, 0], axis=-1).sum(1)
    if not lengths.any():
        raise UserError(
            'All bones of the source are 0 mm long: correct its `keypoints_3d`.'
        )
    depths = (poses[..., 2] - poses[:, root : root + 1, 2])[seen]
    reach = math.ceil(np.quantile(np.abs(depths), _COVERED) / _STEP) * round(_STEP)
    return SourceMeasures(
        samples=len(poses),
        unlabelled=len(labels) - len(known),
        whole=int(whole.sum()),
        total_length=float(lengths.mean()),
        spread=float(100 * lengths.std() / lengths.mean()),
        depths=(float(depths.min()), float(depths.max())),
        depth_range=(-reach, reach),
        root=root,
    )
