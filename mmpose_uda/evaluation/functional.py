"""Pose errors as pure functions of NumPy arrays, vectorised over poses.

Shapes: poses [N, K, D], validity [N, K]. A joint that is not valid has no influence on
any result, nor on how poses are aligned, and may hold any value, including NaN. ``joints``
names the joints to score, by default all: the others count as not valid, except that poses
are aligned at the root and at the ends of a bone whether or not these are scored. Lengths
are in the unit of the poses (mm in this package), rates are fractions of 1. A mean over
joints is a mean over all valid joints of all poses together, so it does not depend on
batches.

No function returns NaN: if nothing can be scored, or a valid joint is NaN or infinite, it
raises :class:`~mmpose_uda.errors.UserError`.
"""

from collections.abc import Sequence

import numpy as np

from mmpose_uda.errors import UserError

# Below this share of its squared length, the spread of a centred pose is rounding
# noise.
_NO_SPREAD = 1e-20
_3DHP_THRESHOLDS = np.arange(0.0, 151.0, 5.0)  # mm


def _checked(
    pred: np.ndarray, gt: np.ndarray, valid: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Poses as float64 with zeros at joints that are not valid, and validity as bool.

    Raises:
        ValueError: The shapes do not fit each other.
        UserError: A valid joint is NaN or infinite.
    """
    pred, gt = np.asarray(pred, np.float64), np.asarray(gt, np.float64)
    if pred.ndim != 3 or pred.shape != gt.shape:
        raise ValueError(
            'Poses must be two arrays of one shape [N, K, D], got '
            f'{pred.shape} and {gt.shape}'
        )
    if valid is None:
        valid = np.ones(pred.shape[:2], bool)
    valid = np.asarray(valid) > 0
    if valid.shape != pred.shape[:2]:
        raise ValueError(f'Validity must have shape {pred.shape[:2]}, got {valid.shape}')
    for poses, name in ((pred, 'Prediction'), (gt, 'Ground truth')):
        broken = valid & ~np.isfinite(poses).all(-1)
        if broken.any():
            n, k = np.argwhere(broken)[0]
            raise UserError(
                f'{name} {n} is NaN or infinite at joint {k}: mark the joint '
                'as not visible, or fix what produced the value.'
            )
    # Zeros, because a NaN would survive a multiplication by a weight of 0.
    return (
        np.where(valid[..., None], pred, 0.0),
        np.where(valid[..., None], gt, 0.0),
        valid,
    )


def _mean(values: np.ndarray, valid: np.ndarray) -> float:
    """Mean of ``values`` [N, K] over the valid joints."""
    if not valid.any():
        raise UserError(
            'There is no joint to score: every pose lacks its root joint or '
            'has no visible joint; check keypoints_visible of the '
            'evaluation data.'
        )
    return float(values[valid].mean())


def _require_joints(joints: Sequence[int], count: int) -> None:
    """Raise a UserError if poses of ``count`` joints lack one of ``joints``."""
    for joint in joints:
        if not 0 <= joint < count:
            raise UserError(
                f'The poses have no joint {joint}: give the metric joints from 0 to '
                f'{count - 1}.'
            )


def _scored(valid: np.ndarray, joints: Sequence[int] | None) -> np.ndarray:
    """Validity [N, K] without the joints that are not scored."""
    if joints is None:
        return valid
    count = valid.shape[1]
    _require_joints(joints, count)
    return valid & np.isin(np.arange(count), joints)


def root_align(poses: np.ndarray, root: int = 0) -> np.ndarray:
    """Move each pose of [N, K, D] so that joint ``root`` lies in the origin."""
    return poses - poses[:, root : root + 1]


def _root_aligned(
    pred: np.ndarray,
    gt: np.ndarray,
    valid: np.ndarray | None,
    root: int,
    joints: Sequence[int] | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Checked, root-aligned poses; one without a valid root has no valid joint."""
    pred, gt, valid = _checked(pred, gt, valid)
    return (
        root_align(pred, root),
        root_align(gt, root),
        _scored(valid & valid[:, root : root + 1], joints),
    )


def _root_errors(
    pred: np.ndarray,
    gt: np.ndarray,
    valid: np.ndarray | None,
    root: int,
    joints: Sequence[int] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Distances [N, K] with the roots aligned, and validity [N, K]."""
    pred, gt, valid = _root_aligned(pred, gt, valid, root, joints)
    return np.linalg.norm(pred - gt, axis=-1), valid


def similarity_align(
    pred: np.ndarray, gt: np.ndarray, valid: np.ndarray | None = None
) -> np.ndarray:
    """Scale, rotate (never reflect) and move each prediction onto its ground truth.

    The least-squares solution over only the valid joints. A prediction whose valid joints
    coincide has neither scale nor rotation and is only moved.

    Args:
        pred (np.ndarray): Predictions [N, K, 3].
        gt (np.ndarray): Ground truth [N, K, 3].
        valid (np.ndarray, optional): Validity [N, K]. Default: all joints.

    Returns:
        np.ndarray: The aligned predictions, float64 [N, K, 3]. Values at joints that
        are not valid are meaningless.
    """
    pred, gt, valid = _checked(pred, gt, valid)
    weight = valid[..., None] / np.maximum(valid.sum(1), 1)[:, None, None]
    pred_mean = (pred * weight).sum(1, keepdims=True)
    gt_mean = (gt * weight).sum(1, keepdims=True)
    pred_centred = (pred - pred_mean) * valid[..., None]
    gt_centred = (gt - gt_mean) * valid[..., None]

    u, s, vh = np.linalg.svd(pred_centred.transpose(0, 2, 1) @ gt_centred)
    # If the best orthogonal matrix is a reflection, the best rotation reverses the
    # direction of the smallest singular value.
    sign = np.ones_like(s)
    sign[:, -1] = np.sign(np.linalg.det(u @ vh))
    rotation = (u * sign[:, None]) @ vh
    spread = (pred_centred**2).sum((1, 2))
    flat = spread <= _NO_SPREAD * (pred**2).sum((1, 2))
    scale = np.where(flat, 1.0, (s * sign).sum(1) / np.where(flat, 1.0, spread))
    return scale[:, None, None] * (pred - pred_mean) @ rotation + gt_mean


def scale_align(
    pred: np.ndarray, gt: np.ndarray, valid: np.ndarray | None = None
) -> np.ndarray:
    """Scale each prediction about the origin onto its ground truth (least squares).

    The factor is <pred, gt> / <pred, pred> over the valid joints; a prediction that is
    zero there stays zero.

    Args:
        pred (np.ndarray): Predictions [N, K, D], already root-aligned.
        gt (np.ndarray): Ground truth [N, K, D], already root-aligned.
        valid (np.ndarray, optional): Validity [N, K]. Default: all joints.

    Returns:
        np.ndarray: The scaled predictions, float64 [N, K, D].
    """
    pred, gt, _ = _checked(pred, gt, valid)
    square = (pred**2).sum((1, 2))
    scale = (pred * gt).sum((1, 2)) / np.where(square > 0, square, 1.0)
    return scale[:, None, None] * pred


def _similarity_errors(
    pred: np.ndarray,
    gt: np.ndarray,
    valid: np.ndarray | None,
    joints: Sequence[int] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Distances [N, K] after the similarity that fits the scored joints, and validity."""
    pred, gt, valid = _checked(pred, gt, valid)
    valid = _scored(valid, joints)
    aligned = similarity_align(pred, gt, valid)
    return np.linalg.norm(aligned - gt, axis=-1), valid


def mpjpe(
    pred: np.ndarray,
    gt: np.ndarray,
    valid: np.ndarray | None = None,
    root: int = 0,
    joints: Sequence[int] | None = None,
) -> float:
    """Mean distance of valid joints with the roots aligned.

    A pose whose root is not valid is left out.
    """
    return _mean(*_root_errors(pred, gt, valid, root, joints))


def pa_mpjpe(
    pred: np.ndarray,
    gt: np.ndarray,
    valid: np.ndarray | None = None,
    joints: Sequence[int] | None = None,
) -> float:
    """Mean distance of valid joints after :func:`similarity_align` over those scored."""
    return _mean(*_similarity_errors(pred, gt, valid, joints))


def n_mpjpe(
    pred: np.ndarray,
    gt: np.ndarray,
    valid: np.ndarray | None = None,
    root: int = 0,
    joints: Sequence[int] | None = None,
) -> float:
    """Mean distance of valid joints with the roots aligned, after the best scale."""
    pred, gt, valid = _root_aligned(pred, gt, valid, root, joints)
    scaled = scale_align(pred, gt, valid)
    return _mean(np.linalg.norm(scaled - gt, axis=-1), valid)


def st_mpjpe(
    pred: np.ndarray,
    gt: np.ndarray,
    valid: np.ndarray | None = None,
    root: int = 0,
    bone: tuple[int, int] = (0, 9),
    joints: Sequence[int] | None = None,
) -> float:
    """Mean distance with the roots aligned, after scaling as in HO3D's evaluation.

    Its ``align_sc_tr`` (``eval.py`` of shreyashampali/ho3d) moves the root onto that of
    the truth and gives one bone the true length, without rotation or least squares
    (:func:`n_mpjpe` has the least-squares scale). Poses whose root or bone is not valid
    are left out; a prediction whose bone has no length is only moved.

    Args:
        pred (np.ndarray): Predictions [N, K, 3].
        gt (np.ndarray): Ground truth [N, K, 3].
        valid (np.ndarray, optional): Validity [N, K]. Default: all joints.
        root (int): The wrist.
        bone (tuple[int, int]): Ends of the bone: wrist and base of the middle finger in the
            order of this package's 21 joints. (HO3D's own order has that base at 4.)
        joints (Sequence[int], optional): Joints to score. Default: all.
    """
    pred, gt, valid = _checked(pred, gt, valid)
    aligned_by = [root, *bone]
    _require_joints(aligned_by, valid.shape[1])
    known = valid[:, aligned_by].all(1, keepdims=True)
    pred, gt = root_align(pred, root), root_align(gt, root)
    start, end = bone
    length = np.linalg.norm(pred[:, end] - pred[:, start], axis=-1)
    true_length = np.linalg.norm(gt[:, end] - gt[:, start], axis=-1)
    has_length = length > 0
    scale = np.where(has_length, true_length / np.where(has_length, length, 1.0), 1.0)
    errors = np.linalg.norm(scale[:, None, None] * pred - gt, axis=-1)
    return _mean(errors, _scored(valid & known, joints))


def pck_3d(
    pred: np.ndarray,
    gt: np.ndarray,
    valid: np.ndarray | None = None,
    root: int = 0,
    threshold: float = 150.0,
    joints: Sequence[int] | None = None,
) -> float:
    """Share of valid joints nearer than ``threshold`` (mm), with the roots aligned.

    The root counts too. 150 mm gives the PCK of MPI-INF-3DHP (Mehta et al. 2017).
    """
    errors, valid = _root_errors(pred, gt, valid, root, joints)
    return _mean(errors < threshold, valid)


def pck_3d_mean(
    pred: np.ndarray,
    gt: np.ndarray,
    valid: np.ndarray | None = None,
    root: int = 0,
    joints: Sequence[int] | None = None,
) -> float:
    """Mean of :func:`pck_3d` over the 31 thresholds 0, 5, .., 150 mm.

    What MPI-INF-3DHP calls AUC (its ``mpii_compute_3d_pck.m``): a plain mean, to which
    the threshold 0 adds nothing.
    """
    errors, valid = _root_errors(pred, gt, valid, root, joints)
    missed = np.searchsorted(_3DHP_THRESHOLDS, errors, side='right')
    return _mean(1 - missed / len(_3DHP_THRESHOLDS), valid)


def pck_3d_auc(
    pred: np.ndarray,
    gt: np.ndarray,
    valid: np.ndarray | None = None,
    root: int = 0,
    max_threshold: float = 50.0,
    steps: int = 100,
    min_threshold: float = 0.0,
    joints: Sequence[int] | None = None,
) -> float:
    """Area under the curve of PCK over thresholds, with the roots aligned.

    The protocol of FreiHAND: ``steps`` thresholds from ``min_threshold`` to
    ``max_threshold`` (mm), both included; for each joint the area by the trapezoid rule,
    divided by the range; the mean over the joints that are valid in at least one pose.
    """
    errors, valid = _root_errors(pred, gt, valid, root, joints)
    return _area(errors, valid, np.linspace(min_threshold, max_threshold, steps))


def pa_pck_3d_auc(
    pred: np.ndarray,
    gt: np.ndarray,
    valid: np.ndarray | None = None,
    max_threshold: float = 50.0,
    steps: int = 100,
    min_threshold: float = 0.0,
    joints: Sequence[int] | None = None,
) -> float:
    """:func:`pck_3d_auc` after :func:`similarity_align`: the aligned AUC of FreiHAND."""
    errors, valid = _similarity_errors(pred, gt, valid, joints)
    return _area(errors, valid, np.linspace(min_threshold, max_threshold, steps))


def _area(errors: np.ndarray, valid: np.ndarray, thresholds: np.ndarray) -> float:
    """Normalised area under the PCK of errors [N, K] over equidistant thresholds."""
    steps, count = len(thresholds), errors.shape[1]
    # Count the first threshold that each error meets, for each joint: the cumulative counts
    # are the curve, without an array of N x K x steps.
    first = np.searchsorted(thresholds, errors, side='left')
    cell = (np.arange(count) * (steps + 1) + first)[valid]
    hits = np.bincount(cell, minlength=count * (steps + 1)).reshape(count, steps + 1)
    total = valid.sum(0)
    curve = hits[:, :steps].cumsum(1) / np.maximum(total, 1)[:, None]
    area = (curve[:, 1:] + curve[:, :-1]).sum(1) / (2 * (steps - 1))
    return _mean(area, total > 0)


def to_crop(
    points: np.ndarray, center: np.ndarray, scale: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Map image points to the crop of a box that is not rotated, sub-pixel.

    Args:
        points (np.ndarray): Points [N, K, 2] in image px.
        center (np.ndarray): Centre [N, 2] of the box, image px (``input_center``).
        scale (np.ndarray): Width and height [N, 2] of the box, image px
            (``input_scale``).
        size (np.ndarray): Width and height [N, 2] of the crop, px (``input_size``).

    Returns:
        np.ndarray: Points [N, K, 2] in crop px.
    """
    center, scale, size = (
        np.asarray(a, np.float64)[:, None] for a in (center, scale, size)
    )
    return (points - center) / scale * size + size / 2


def crop_distances(pred: np.ndarray, gt: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Distances [N, K] of crop points [N, K, 2] in units of the crop's sides [N, 2]."""
    size = np.asarray(size, np.float64)[:, None]
    return np.linalg.norm((pred - gt) / size, axis=-1)


def crop_pck(
    pred: np.ndarray,
    gt: np.ndarray,
    size: np.ndarray,
    valid: np.ndarray | None = None,
    thr: float = 0.05,
) -> float:
    """Share of valid points nearer than ``thr`` of the crop's side to the truth.

    Args:
        pred (np.ndarray): Predicted points [N, K, 2] in crop px.
        gt (np.ndarray): True points [N, K, 2] in crop px.
        size (np.ndarray): Width and height [N, 2] of the crops, px.
        valid (np.ndarray, optional): Validity [N, K]. Default: all points.
        thr (float): Upper limit of the distance of a hit, as a share of the side; the limit
            itself is no hit.
    """
    pred, gt, valid = _checked(pred, gt, valid)
    return _mean(crop_distances(pred, gt, size) < thr, valid)
