"""Read what the metrics need from a data sample: a dict, as from mmengine's evaluator."""

import numpy as np
import torch
from mmengine.evaluator import BaseMetric

from mmpose_uda.errors import UserError

from . import functional as F
from . import heatmap_pck as H
from .root_placement import place_pose

_NOT_FINITE = (
    'the weights, or the outputs for this image, are not finite: evaluate an earlier '
    'checkpoint.'
)


def _name(sample: dict) -> str:
    return str(sample.get('img_path', 'a sample'))


def _read(sample: dict, owner: str, key: str) -> np.ndarray:
    """The array ``sample[owner][key]`` without its instance axis.

    Raises:
        UserError: The sample does not have it.
    """
    if key not in sample.get(owner, ()):
        remedy = (
            'choose a head that predicts it'
            if owner == 'pred_instances'
            else 'add it to the annotation file and to the packed keys'
        )
        raise UserError(
            f'{owner}.{key} is missing for {_name(sample)}: {remedy}, or '
            'remove the metric that needs it from the evaluator.'
        )
    value = sample[owner][key]
    return np.asarray(value.cpu() if hasattr(value, 'cpu') else value)[0]


def visibility(visible: np.ndarray) -> np.ndarray:
    """Visibility [N, K] from what mmpose packs: [N, K], or [N, K, 2] with the weights of
    keypoints in the second column."""
    visible = np.asarray(visible)
    return visible if visible.ndim == 2 else visible[..., 0]


def _paired(sample: dict, key: str, pred: np.ndarray) -> dict[str, np.ndarray]:
    """A prediction [K, D] with the ground truth [K, D] and validity [K] of its sample.

    Raises:
        UserError: The truth is missing, the two differ in their keypoints, or a
            visible one is NaN or infinite.
    """
    gt = _read(sample, 'gt_instances', key)
    visible = _read(sample, 'gt_instances', 'keypoints_visible')
    (valid,) = visibility(visible[None]) > 0
    if pred.shape != gt.shape or len(gt) != len(valid):
        raise UserError(
            f'{key} of {_name(sample)} has shape {pred.shape} in the prediction, '
            f'{gt.shape} in the annotation and {len(valid)} visibility flags: give the '
            'model and the data set the same keypoints.'
        )
    remedies = dict(
        predicted=_NOT_FINITE,
        annotated='correct them or mark the keypoint as not visible.',
    )
    for array, owner in ((pred, 'predicted'), (gt, 'annotated')):
        if not np.isfinite(array[valid]).all():
            raise UserError(
                f'The {owner} {key} of {_name(sample)} hold NaN or infinite values at a '
                f'visible keypoint: {remedies[owner]}'
            )
    return dict(pred=pred, gt=gt, valid=valid)


def read_pair(sample: dict, key: str) -> dict[str, np.ndarray]:
    """Prediction ``pred`` and truth ``gt`` [K, D], and validity ``valid`` [K].

    Raises:
        UserError: One of them is missing, they differ in their keypoints, or a
            visible one is NaN or infinite.
    """
    return _paired(sample, key, _read(sample, 'pred_instances', key))


def _crop_points(sample: dict, points: np.ndarray) -> np.ndarray:
    """Image points [K, 2 or 3] of a sample in px of its crop, [K, 2]."""
    box = (
        np.asarray(sample[key])[None]
        for key in ('input_center', 'input_scale', 'input_size')
    )
    return F.to_crop(points[None, :, :2], *box)[0]


def read_crop_pair(sample: dict) -> dict[str, np.ndarray]:
    """Keypoints of prediction and truth in crop px, validity, and the crop's ``size``.

    Raises:
        UserError: As for :func:`read_pair`.
    """
    pair = read_pair(sample, 'keypoints')
    return dict(
        pred=_crop_points(sample, pair['pred']),
        gt=_crop_points(sample, pair['gt']),
        valid=pair['valid'],
        size=np.asarray(sample['input_size']),
    )


def read_camera_pose(sample: dict) -> np.ndarray:
    """The predicted pose [K, 3], mm, as the camera of the original file saw it.

    Rotation and mirroring of the image are undone; the position of the pose follows from
    camera and keypoints (:func:`.place_pose`).

    Raises:
        UserError: The pose, its keypoints, ``camera`` or ``warp_mat`` is missing, or a
            prediction is NaN or infinite.
    """
    pose = _read(sample, 'pred_instances', 'keypoints_3d')
    points = _crop_points(sample, _read(sample, 'pred_instances', 'keypoints'))
    missing = [key for key in ('camera', 'warp_mat') if sample.get(key) is None]
    if missing:
        raise UserError(
            f'{missing[0]} is missing for {_name(sample)}, so its pose cannot be placed in '
            'space: use a data set with cameras, and a pipeline with TopdownAffine3D that '
            'ends in PackPoseView.'
        )
    placed = place_pose(pose, points, **sample['camera'])
    linear = np.asarray(sample['warp_mat'], np.float64)[:, :2]
    linear = linear / np.sqrt(abs(np.linalg.det(linear)))
    placed[:, :2] = placed[:, :2] @ np.linalg.inv(linear).T
    if not np.isfinite(placed).all():
        raise UserError(
            f'The predicted pose of {_name(sample)} holds NaN or infinite values: '
            f'{_NOT_FINITE}'
        )
    return placed


def _predicted_cells(
    sample: dict, simcc_cells: tuple[int, int], rounding: float
) -> tuple[np.ndarray, np.ndarray]:
    """The cells [K, 2] of a sample's peaks, and the width and height of the map.

    Raises:
        UserError: The sample has neither heatmaps nor SimCC vectors.
    """
    pred = sample.get('pred_instances', {})
    # Checked first, because with SimCC mmpose also gives maps, of its many bins.
    if 'keypoint_x_labels' in pred:
        x, y = (torch.as_tensor(pred[f'keypoint_{axis}_labels'])[0] for axis in ('x', 'y'))
        return H.simcc_peak_cells(x, y, simcc_cells, rounding), np.asarray(simcc_cells)
    if 'heatmaps' in sample.get('pred_fields', ()):
        heatmaps = torch.as_tensor(sample['pred_fields']['heatmaps'])
        return H.heatmap_peak_cells(heatmaps), np.array(heatmaps.shape[:0:-1])
    raise UserError(
        f'{_name(sample)} has no predicted heatmaps, which the protocol of the '
        "literature scores: set output_heatmaps=True in the estimator's test_cfg, or, "
        "for a head without heatmaps, use CropPCK's protocol='subpixel'."
    )


def read_cell_pair(
    sample: dict,
    simcc_cells: tuple[int, int],
    use_udp: bool = False,
    rounding: float = 0.5,
    reach: int | None = None,
) -> dict[str, np.ndarray]:
    """Cells [K, 2] of prediction and truth, what counts, and the heatmap's ``size``.

    Args:
        sample (dict): A data sample with ``pred_fields.heatmaps`` [K, H, W] or with
            ``pred_instances.keypoint_x_labels`` [1, K, Wx] and ``keypoint_y_labels``.
        simcc_cells (tuple[int, int]): Cells across and down for a SimCC head.
        use_udp (bool): Whether the cells are those of a UDP head.
        rounding (float): How a point becomes a cell (:func:`.keypoint_cells`).
        reach (int, optional): Reach of Gaussians that are drawn whole or not at all
            (:func:`.is_counted`).

    Raises:
        UserError: The sample has neither, or as for :func:`read_pair`.
    """
    cells, size = _predicted_cells(sample, simcc_cells, rounding)
    pair = _paired(sample, 'keypoints', cells)
    points = np.where(pair['valid'][:, None], pair['gt'], 0.0)
    crop_points, crop_size = _crop_points(sample, points), np.asarray(sample['input_size'])
    gt = H.keypoint_cells(crop_points, crop_size, size, use_udp, rounding)
    counted = pair['valid'] & H.is_counted(gt, size, reach)
    return dict(pred=cells, gt=gt, valid=counted, size=size)


def stack(results: list[dict], key: str) -> np.ndarray:
    """The arrays under ``key`` of all results, stacked along a new first axis."""
    return np.stack([result[key] for result in results])


def refuse_empty(results: list, metric: BaseMetric) -> None:
    """Raise a UserError if a metric has nothing to score."""
    if not results:
        raise UserError(
            f'{type(metric).__name__} got no sample to score: check the '
            'annotation file of the evaluation data set.'
        )
