"""What a 3D config must know of its source: bone lengths and depths."""

import math
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmpose_uda.analysis.data_check.parts import Part, find_parts
from mmpose_uda.config import load_config, prepare_data, user_errors
from mmpose_uda.errors import UserError

_COVERED = 0.999  # of the depths; single outliers would make the cells of all coarser
_STEP = 10.0  # mm that the depth range is rounded outwards to
_CODEC = 'Pose3DLabel'


@dataclass
class SourceMeasures:
    """What the labels of a source say.

    Args:
        samples (int): Poses with 3D labels.
        unlabelled (int): Samples without.
        whole (int): Poses in which every bone's ends are labelled: those that
            ``total_length`` is the mean of.
        total_length (float): Mean over them of the sum of all bone lengths, mm.
        spread (float): Standard deviation of that sum, % of its mean.
        depths (tuple[float, float]): Nearest and farthest keypoint, mm from the root.
        depth_range (tuple[int, int]): For the codec, mm.
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
        """The lines of the config, and where they come from."""
        near, far = self.depths
        low, high = self.depth_range
        return f"""\
Source: {self.samples} samples with 3D labels, {self.unlabelled} without.
{self.whole} of them have all bones; the sum of their lengths varies by {self.spread:.1f} %
(standard deviation). Depths from the root reach from {near:.0f} to {far:.0f} mm.
depth_range covers {100 * _COVERED:.1f} % of them; it is symmetric, because turned round a
pose has depths of the other sign, and rounded outwards to {_STEP:.0f} mm. No augmentation
widens it: boxes, turns in the image and mirroring leave depths as they are.

    depth_range=({low}, {high}),
    total_length={self.total_length:.1f},  # mean of the source, mm
    root={self.root},"""


def measure_source(
    config: str, cfg_options: Optional[dict[str, Any]] = None
) -> SourceMeasures:
    """Measure what the codec of a 3D config needs on the source's labelled samples.

    No image is decoded. Keypoints that are not visible do not count. Several sources are
    measured as one. Built-in data are made, unless they are there.

    Args:
        config (str): Path of a config with a ``Pose3DLabel``, whose ``skeleton`` and
            ``root`` are taken, and a source whose samples have ``keypoints_3d``
            [N, K, 3], mm.
        cfg_options (dict, optional): Dotted key -> value, merged into the config.

    Returns:
        SourceMeasures: The values of ``depth_range`` and ``total_length``.

    Raises:
        UserError: The config cannot be read, names no source or has no ``Pose3DLabel``;
            the source has no 3D labels, or other keypoints than the codec.
    """
    cfg = load_config(config, cfg_options)
    codec = next(_codecs(cfg.to_dict().get('model')), None)
    if codec is None:
        raise UserError(
            f'The model of {config} has no {_CODEC}: there is nothing to measure for a 2D '
            'head.'
        )
    with user_errors(cfg):
        init_default_scope(cfg.get('default_scope', 'mmengine'))
        prepare_data(cfg)
    sources = [
        part
        for part in find_parts(cfg)
        if part.is_trained_on and not part.role.startswith('target')
    ]
    if not sources:
        raise UserError(f'The config {config} names no source: add a `train_dataloader`.')
    labels = [label for part in sources for label in _labels(part, cfg)]
    known = [label for label in labels if label is not None]
    if not known:
        raise UserError(
            f'The source of {config} has no `keypoints_3d`: add it to the annotations, or '
            'train a 2D head.'
        )
    poses, valid = (np.concatenate(arrays) for arrays in zip(*known))
    unlabelled = len(labels) - len(known)
    return _measure(poses, valid, codec['skeleton'], codec.get('root', 0), unlabelled)


def _codecs(node: Any) -> Iterator[dict]:
    """All 3D codecs in a part of a config."""
    if isinstance(node, dict):
        if node.get('type') == _CODEC:
            yield node
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for value in node:
            yield from _codecs(value)


def _labels(part: Part, cfg: Config) -> Iterator[Optional[tuple[np.ndarray, np.ndarray]]]:
    """Poses [N, K, 3] and validity [N, K] of each sample; None without 3D labels."""
    with user_errors(cfg), redirect_stdout(None):  # reading COCO's format prints
        part.dataset.full_init()
        for index in range(len(part.dataset)):
            info = part.dataset.get_data_info(index)
            poses = info.get('keypoints_3d')
            if poses is None:
                yield None
                continue
            poses = np.asarray(poses, np.float64)
            visible = np.asarray(info.get('keypoints_visible', np.ones(poses.shape[:2])))
            # [N, K], or [N, K, 2] with the keypoint weights in the second column
            visible = visible.reshape(*poses.shape[:2], -1)[..., 0]
            yield poses, (visible > 0) & np.isfinite(poses).all(-1)


def _measure(
    poses: np.ndarray,
    valid: np.ndarray,
    skeleton: Sequence[tuple[int, int]],
    root: int,
    unlabelled: int,
) -> SourceMeasures:
    bones = np.asarray(skeleton)
    count = poses.shape[1]
    if max(bones.max(), root) >= count:
        raise UserError(
            f'The {_CODEC} has bones or a root beyond the {count} keypoints of the source: '
            'let `skeleton` and `root` be those of its keypoints.'
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
    depths = (poses[..., 2] - poses[:, root : root + 1, 2])[seen]
    reach = math.ceil(np.quantile(np.abs(depths), _COVERED) / _STEP) * round(_STEP)
    return SourceMeasures(
        samples=len(poses),
        unlabelled=unlabelled,
        whole=int(whole.sum()),
        total_length=float(lengths.mean()),
        spread=float(100 * lengths.std() / lengths.mean()),
        depths=(float(depths.min()), float(depths.max())),
        depth_range=(-reach, reach),
        root=root,
    )
