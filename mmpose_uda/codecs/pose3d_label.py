"""Keypoints as crop pixels plus depth relative to the root."""

from typing import Optional, Sequence

import numpy as np
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.registry import KEYPOINT_CODECS

from mmpose_uda.codecs.lifting import lift_root_relative
from mmpose_uda.errors import UserError


@KEYPOINT_CODECS.register_module()
class Pose3DLabel(BaseKeypointCodec):
    """Codec of the 3D head: (x, y) in crop px and z in mm relative to the root.

    The labels stay points; the loss renders them as distributions on the device.

    Args:
        input_size (tuple[int, int]): Crop width and height, px.
        depth_range (tuple[float, float]): Depths the head can express, mm from the root.
        skeleton (Sequence[tuple[int, int]]): Bones as pairs of keypoint indices.
        total_length (float): Expected sum of all bone lengths, mm: the prior that gives
            predictions their metric scale.
        root (int): Root keypoint.
    """

    auxiliary_encode_keys = {'keypoints_3d'}
    label_mapping_table = dict(
        keypoint_labels='keypoint_labels',
        keypoint_weights='keypoint_weights',
        mm_per_px='mm_per_px',
    )

    def __init__(
        self,
        input_size: tuple[int, int],
        depth_range: tuple[float, float],
        skeleton: Sequence[tuple[int, int]],
        total_length: float,
        root: int = 0,
    ):
        self.input_size = tuple(input_size)
        self.depth_range = tuple(depth_range)
        self.skeleton = [tuple(bone) for bone in skeleton]
        self.total_length = total_length
        self.root = root

    def encode(
        self,
        keypoints: np.ndarray,
        keypoints_visible: Optional[np.ndarray] = None,
        keypoints_3d: Optional[np.ndarray] = None,
    ) -> dict:
        """Make training labels.

        Args:
            keypoints (np.ndarray): [N, K, 2], crop px.
            keypoints_visible (np.ndarray, optional): [N, K].
            keypoints_3d (np.ndarray): [N, K, 3], mm, along the camera's axes.

        Returns:
            dict: ``keypoint_labels`` [N, K, 3], ``keypoint_weights`` [N, K] and
            ``mm_per_px`` [N], the scale of the pose, all float32. Keypoints that the head
            cannot express (outside the crop or the depth range) have weight 0.

        Raises:
            UserError: There is no ``keypoints_3d``.
        """
        if keypoints_3d is None:
            raise UserError(
                'Pose3DLabel needs `keypoints_3d`: add it to the annotations, or train a '
                '2D head.'
            )
        if keypoints_visible is None:
            keypoints_visible = np.ones(keypoints.shape[:2], dtype=np.float32)
        depth = keypoints_3d[..., 2] - keypoints_3d[:, self.root : self.root + 1, 2]
        last = np.array(self.input_size) - 0.5
        inside = ((keypoints >= -0.5) & (keypoints <= last)).all(-1)
        inside &= (depth >= self.depth_range[0]) & (depth <= self.depth_range[1])
        labels = np.concatenate([keypoints, depth[..., None]], axis=-1)
        weights = (keypoints_visible > 0) & inside
        scale = _mm_per_px(keypoints, keypoints_3d[..., :2], weights)
        return dict(
            keypoint_labels=labels.astype(np.float32),
            keypoint_weights=weights.astype(np.float32),
            mm_per_px=scale.astype(np.float32),
        )

    def decode(
        self,
        encoded: np.ndarray,
        camera: Optional[dict] = None,
        shrinkage: float = 1.0,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Split one sample's prediction into 2D keypoints and a metric 3D pose.

        Args:
            encoded (np.ndarray): [N, K, 3] as made by :meth:`encode`.
            camera (dict, optional): ``focal`` [2] and ``principal_point`` [2] of the
                crop, px.
            shrinkage (float): Length of predicted bones as a share of that of true bones.

        Returns:
            tuple[np.ndarray, np.ndarray]: [N, K, 2] crop px and [N, K, 3] mm relative to
            the root.
        """
        count = len(encoded)
        camera = {k: np.tile(v, (count, 1)) for k, v in (camera or {}).items()}
        pose = lift_root_relative(
            encoded[..., :2],
            encoded[..., 2],
            self.skeleton,
            self.total_length * shrinkage,
            self.root,
            **camera,
        )
        return encoded[..., :2].copy(), pose


def _mm_per_px(px: np.ndarray, mm: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Best weak-perspective scale, mm per px, [N]; 0 with fewer than two keypoints.

    Args:
        px (np.ndarray): [N, K, 2].
        mm (np.ndarray): [N, K, 2], x and y along the camera's axes.
        known (np.ndarray): bool [N, K]; the other keypoints may have any values.
    """
    known = known[..., None]
    count = np.maximum(known.sum(1, keepdims=True), 1)

    def centred(points: np.ndarray) -> np.ndarray:
        points = np.where(known, points, 0.0)
        return np.where(known, points - points.sum(1, keepdims=True) / count, 0.0)

    px, mm = centred(px), centred(mm)
    return (px * mm).sum((1, 2)) / np.maximum((px * px).sum((1, 2)), 1e-6)
