"""Two made-up models on made-up samples, for tests of their comparison."""

import cv2
import numpy as np
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_uda.evaluation.comparison import Comparison, GroundTruth, ModelResult
from mmpose_uda.metainfo import HAND21

HAND = parse_pose_metainfo(dict(HAND21))
NAMES = list(HAND['keypoint_id2name'].values())
SIZE = (48, 64)  # width, height of the crops, px


def make_comparison(is_3d: bool = False, samples: int = 9, seed: int = 0) -> Comparison:
    """``b`` is nearer to the truth than ``a`` on most samples.

    Sample 2 has no label at all, sample 3 lacks the root and one more joint, and joint 20
    is labelled nowhere; what is not labelled is NaN.
    """
    rng = np.random.default_rng(seed)
    shape = (samples, len(NAMES))
    valid = rng.random(shape) > 0.1
    valid[:, 0] = True
    valid[2], valid[3, :2], valid[:, 20] = False, False, False
    truth = rng.uniform(5, 43, (*shape, 2))
    poses = rng.normal(0, 40, (*shape, 3))
    noise = rng.uniform(0.5, 4.0, (2, samples, 1, 1)) * [[[[1.3]]], [[[0.8]]]]

    def result(title, scale, **metrics):
        return ModelResult(
            title=title,
            metrics=metrics,
            points=truth + scale * rng.normal(0, 1, truth.shape),
            poses=poses + 9 * scale * rng.normal(0, 1, poses.shape) if is_3d else None,
        )

    a = result('source <only> & "old"', noise[0], **{'target/MPJPE': 51.68, 'PCK': 0.2414})
    b = result('adapted', noise[1], **{'target/MPJPE': 41.84, 'PCK': 0.2405})
    hidden = ~valid[..., None]
    labels = GroundTruth(
        images=[f'data/images/{n:03d}.jpg' for n in range(samples)],
        points=np.where(hidden, np.nan, truth),
        size=np.tile(SIZE, (samples, 1)),
        valid=valid,
        poses=np.where(hidden, np.nan, poses) if is_3d else None,
    )
    return Comparison(a, b, labels, NAMES)


def make_crops(comparison: Comparison, count: int = 3) -> dict[int, np.ndarray]:
    """Soft noise for the samples of the gallery."""
    rng = np.random.default_rng(0)
    chosen = comparison.largest_gains(count) + comparison.largest_losses(count)
    noise = rng.integers(0, 256, (len(chosen), *SIZE[::-1], 3), dtype=np.uint8)
    return {n: cv2.GaussianBlur(image, (0, 0), 4) for n, image in zip(chosen, noise)}
