"""Prepare test samples for drawing: their crops, labels and predicted poses."""

from collections.abc import Mapping

import cv2
import numpy as np

from mmpose_uda.datasets.transforms import LoadPoseImage
from mmpose_uda.evaluation import to_crop
from mmpose_uda.evaluation.samples import visibility

LABEL = 'label'  # for photographs it may come from another estimator


def crop_picture(sample, width: int) -> np.ndarray:
    """Crop a sample from its image again, ``width`` px wide instead of the input size."""
    meta = sample.metainfo
    enlarged = width / meta['input_size'][0]
    # without a warp_mat, as from stock transforms, the crop is neither turned nor mirrored
    matrix = meta.get('warp_mat', _upright_crop(meta))
    image = LoadPoseImage()(dict(img_path=meta['img_path']))['img']
    size = (width, round(enlarged * meta['input_size'][1]))
    return cv2.warpAffine(image, enlarged * np.asarray(matrix, float), size)


def _upright_crop(meta: dict) -> np.ndarray:
    """Matrix [2, 3] from image px to crop px."""
    corner = meta['input_center'] - 0.5 * meta['input_scale']
    scale = np.divide(meta['input_size'], meta['input_scale'])
    return np.column_stack([np.diag(scale), -scale * corner])


def poses_of(samples: list, owner: str) -> dict[str, np.ndarray]:
    """Keypoints in crop px, and in 3D if the network predicts them."""
    poses = dict(keypoints=crop_points(samples, owner))
    if 'keypoints_3d' in samples[0].get(owner):
        poses['keypoints_3d'] = rooted_poses(samples, owner)
    return poses


def crop_points(samples: list, owner: str) -> np.ndarray:
    """Keypoints converted from image px to crop px, [N, K, 2]."""
    points = [np.asarray(sample.get(owner).keypoints)[0, :, :2] for sample in samples]
    boxes = (
        np.stack([sample.metainfo[key] for sample in samples])
        for key in ('input_center', 'input_scale', 'input_size')
    )
    return to_crop(np.stack(points), *boxes)


def rooted_poses(samples: list, owner: str) -> np.ndarray:
    """3D keypoints relative to the first keypoint, mm, [N, K, 3]."""
    poses = np.stack([np.asarray(s.get(owner).keypoints_3d)[0] for s in samples])
    return poses - poses[:, :1]


def beside_labels(
    pictures: list[np.ndarray],
    samples: list,
    found: Mapping[str, Mapping[str, np.ndarray]],
) -> dict:
    """Arrange predicted poses and labels of samples as arguments of :func:`pose_tiles`.

    Args:
        pictures (list[np.ndarray]): Crop of each sample, of any size.
        samples (list): Samples with labels.
        found (dict): Title -> poses (:func:`poses_of`), whose keypoints are in crop px.
    """
    points = {title: poses['keypoints'] for title, poses in found.items()}
    poses_3d = {
        title: poses['keypoints_3d']
        for title, poses in found.items()
        if 'keypoints_3d' in poses
    }
    labelled = _labelled(samples)
    points[LABEL] = crop_points(samples, 'gt_instances')
    enlarged = pictures[0].shape[1] / samples[0].metainfo['input_size'][0]
    if poses_3d:
        poses_3d[LABEL] = rooted_poses(samples, 'gt_instances')
        # if the root has no label, no joint is known relative to it
        poses_3d[LABEL][~(labelled & labelled[:, :1])] = np.nan
    return dict(
        images=pictures,
        columns={title: enlarged * keypoints for title, keypoints in points.items()},
        poses_3d=poses_3d,
        reference=LABEL,
        valid=labelled,
    )


def _labelled(samples: list) -> np.ndarray:
    """Whether each keypoint of the ground truth has a label, [N, K]."""
    visible = [visibility(s.gt_instances.keypoints_visible) for s in samples]
    return np.concatenate(visible) > 0
