"""Whether a network finds the same keypoints in a changed image."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from torch import nn

from mmpose_uda.adaptation.bounded_peaks import bounded_peaks
from mmpose_uda.inference.image_sources import Frame
from mmpose_uda.inference.infer import predict

_BATCH = 8
# Small changes, which keep images like those that the model was trained on. How steady it
# is under large changes depends on whether its training had any, and says little about the
# images as they are (docs/calibration.md).
_ANGLE = 5.0  # degrees, in both directions
_SCALES = (0.95, 1.05)


@dataclass(frozen=True)
class Seen:
    """What a network finds in N boxes.

    Args:
        boxes (np.ndarray): [N, 4], x1, y1, x2, y2, px.
        keypoints (np.ndarray): [N, K, 2] px of the images.
        poses (np.ndarray): [N, K, 3] mm for a 3D estimator; else the keypoints.
        scores (np.ndarray): [N, K].
        errors (np.ndarray): [N, K], distance between a keypoint and the one found after a
            change of the image, mapped back, in longer sides of the box; mean over all
            changes.
    """

    boxes: np.ndarray
    keypoints: np.ndarray
    poses: np.ndarray
    scores: np.ndarray
    errors: np.ndarray

    @classmethod
    def together(cls, parts: Sequence['Seen']) -> 'Seen':
        """Concatenate what several networks find, each in its own boxes."""
        return cls(*map(np.concatenate, zip(*(vars(part).values() for part in parts))))


def look(model: nn.Module, frames: Sequence[Frame]) -> Seen:
    """Evaluate a network on images as they are, and slightly changed.

    Images are turned, scaled and, if keypoints have a left and a right, mirrored. Without
    left and right, as for a hand, mirroring is left out, because the mirror image may be of
    a kind that the network never saw, such as a left hand.

    Changes are about the centre of the box, which stays in place. If nothing finite is
    found in a box, its keypoints count as found in the corner of the box, and as a whole
    side wrong.

    Args:
        model (nn.Module): A top-down estimator of :func:`load_estimator`.
        frames (Sequence[Frame]): The images, each with one box or none (the whole image).
    """
    order = np.asarray(model.dataset_meta['flip_indices'])
    boxes = np.stack([frame.corners[0] for frame in frames])
    has_sides = order.tolist() != sorted(order)
    with _without_flip_test(model):
        keypoints, scores, poses = find(model, frames)
        distances = []
        for change in _changes(boxes, has_sides):
            # one change at a time, because photographs are large
            found, _, found_poses = find(model, map(_warped, frames, change))
            back = _through(np.stack([cv2.invertAffineTransform(m) for m in change]), found)
            if np.linalg.det(change[0][:, :2]) < 0:
                back = back[:, order]
            is_lost = np.isnan(poses).any(-1) | np.isnan(found_poses).any(-1)
            apart = np.linalg.norm(back - keypoints, axis=-1)
            distances.append(np.where(is_lost, np.inf, apart))
    sides = longer_sides(boxes)[:, None]
    errors = np.mean([np.minimum(each / sides, 1.0) for each in distances], axis=0)
    return Seen(boxes, keypoints, poses, scores, errors)


def longer_sides(boxes: np.ndarray) -> np.ndarray:
    """Longer sides [N] px of boxes [N, 4] (x1, y1, x2, y2), at least 1."""
    return (boxes[:, 2:] - boxes[:, :2]).max(1).clip(1)


def _changes(boxes: np.ndarray, mirrors: bool) -> Iterator[np.ndarray]:
    """Affine matrices [N, 2, 3] of each change, about the middle of each box."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    if mirrors:
        yield np.stack([np.array([[-1, 0, 2 * x], [0, 1, 0]], float) for x, _ in centres])
    middles = [tuple(map(float, centre)) for centre in centres]
    for angle, scale in ((_ANGLE, 1.0), (-_ANGLE, 1.0), *((0.0, s) for s in _SCALES)):
        yield np.stack([cv2.getRotationMatrix2D(m, angle, scale) for m in middles])


def _warped(frame: Frame, matrix: np.ndarray) -> Frame:
    image = cv2.warpAffine(frame.image, matrix, frame.image.shape[1::-1])
    return Frame(frame.name, image, frame.boxes)


def _through(matrices: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Map points [N, K, 2] by affine matrices [N, 2, 3]."""
    return points @ matrices[:, :, :2].transpose(0, 2, 1) + matrices[:, None, :, 2]


def find(
    model: nn.Module, frames: Iterable[Frame]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what a model finds in images as they are.

    Args:
        model (nn.Module): A top-down estimator.
        frames (Iterable[Frame]): The images, each with one box or none.

    Returns:
        tuple[np.ndarray, np.ndarray, np.ndarray]: Keypoints [N, K, 2] px, scores [N, K]
        and poses [N, K, 3] mm or, if the estimator is not 3D, the keypoints.
    """
    count = len(model.dataset_meta['keypoint_id2name'])
    keypoints, scores, poses = [], [], []
    with bounded_peaks():
        for frame, instances in predict(model, frames, _BATCH):
            found = instances[0] if instances else None
            lost = np.broadcast_to(frame.corners[0][:2], (count, 2))
            keypoints.append(np.asarray(found['keypoints']) if found else lost)
            scores.append(found['keypoint_scores'] if found else np.zeros(count))
            poses.append(found.get('keypoints_3d', found['keypoints']) if found else None)
    dimensions = max((np.shape(pose)[1] for pose in poses if pose is not None), default=2)
    lost = np.full((count, dimensions), np.nan)
    poses = [lost if pose is None else np.asarray(pose) for pose in poses]
    return tuple(np.stack(one).astype(float) for one in (keypoints, scores, poses))


@contextmanager
def _without_flip_test(model: nn.Module) -> Iterator[None]:
    """Switch off the flip test, whose mean hides what is found in the mirror image."""
    kept = model.test_cfg
    model.test_cfg = {**(kept or {}), 'flip_test': False}
    try:
        yield
    finally:
        model.test_cfg = kept
