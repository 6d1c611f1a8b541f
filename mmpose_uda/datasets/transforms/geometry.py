"""Flip and crop that keep 2D, 3D, camera and mask consistent, and record the warp."""

import cv2
import numpy as np
from mmpose.datasets.transforms import RandomBBoxTransform, RandomFlip, TopdownAffine
from mmpose.registry import TRANSFORMS
from mmpose.structures.bbox import get_udp_warp_matrix
from scipy.special import ndtr, ndtri

from mmpose_uda.errors import UserError


@TRANSFORMS.register_module()
class FastRandomBBoxTransform(RandomBBoxTransform):
    """mmpose's ``RandomBBoxTransform``, drawing from the same distribution 20x faster.

    mmpose's ``scipy.stats.truncnorm.rvs`` takes a third of a millisecond, longer than the
    crop itself.
    """

    @staticmethod
    def _truncnorm(low: float = -1.0, high: float = 1.0, size: tuple = ()) -> np.ndarray:
        quantiles = np.random.uniform(ndtr(low), ndtr(high), size)
        return ndtri(quantiles).astype(np.float32)


@TRANSFORMS.register_module()
class RandomFlip3D(RandomFlip):
    """Mirror image, box, mask, keypoints (2D and 3D) and camera; before the crop only.

    It records in ``warp_mat`` [2, 3] the map from the original to the flipped image, which
    :class:`TopdownAffine3D` completes.

    Args:
        prob (float): Probability of a flip.
        direction (str): Only 'horizontal'.

    Raises:
        UserError: The direction is another one.
    """

    def __init__(self, prob: float = 0.5, direction: str = 'horizontal'):
        if direction != 'horizontal':
            raise UserError(f"RandomFlip3D has direction={direction!r}: use 'horizontal'.")
        super().__init__(prob=prob, direction=direction)

    def transform(self, results: dict) -> dict:
        if 'input_size' in results:
            raise ValueError('RandomFlip3D must come before TopdownAffine3D.')
        results = super().transform(results)
        if not results['flip']:
            return results
        last = results['img_shape'][1] - 1
        flip = np.array([[-1, 0, last], [0, 1, 0]])
        results['warp_mat'] = (flip @ _warp_so_far(results)).astype(np.float32)
        if 'mask' in results:
            results['mask'] = np.ascontiguousarray(results['mask'][:, ::-1])
        if 'keypoints_3d' in results:
            points = results['keypoints_3d'][:, results['flip_indices']]
            results['keypoints_3d'] = points * np.array([-1, 1, 1], np.float32)
        if 'camera' in results:
            x, y = results['camera']['principal_point']
            results['camera'] = dict(
                focal=results['camera']['focal'],
                principal_point=np.array([last - x, y], np.float32),
            )
        return results


@TRANSFORMS.register_module()
class MirrorRightHand(RandomFlip3D):
    """Mirror the samples whose ``hand_side`` is 'right', so that all hands are left ones.

    RegDA's code does so with RHD and FreiHAND. It belongs in the pipeline of the data set,
    after the loading, so that all views show the mirrored image. A sample without
    ``hand_side`` stays as it is.
    """

    def __init__(self):
        super().__init__(prob=1.0)

    def transform(self, results: dict) -> dict:
        if results.get('hand_side') != 'right':
            return results
        return dict(super().transform(results), hand_side='left')


@TRANSFORMS.register_module()
class TopdownAffine3D(TopdownAffine):
    """mmpose's ``TopdownAffine`` that also transforms 3D and camera and records its matrix.

    It adds ``warp_mat`` [2, 3] float32, original image px -> crop px, flip included;
    warps ``mask``; rotates ``keypoints_3d`` about the camera's z axis as the crop is
    rotated; and sets ``camera`` to that of the crop, so that projecting the 3D points
    with it gives ``transformed_keypoints``. (With unequal focal lengths a rotated crop
    has no exact pinhole camera; the nearest is used.)

    Unlike the base class it sets no ``transformed_keypoints`` without ``keypoints``.

    Args:
        **kwargs: As for mmpose's ``TopdownAffine``.
    """

    def transform(self, results: dict) -> dict:
        w, h = self.input_size
        results['bbox_scale'] = self._fix_aspect_ratio(results['bbox_scale'], w / h)
        center, scale = results['bbox_center'][0], results['bbox_scale'][0]
        angle = results['bbox_rotation'][0] if 'bbox_rotation' in results else 0.0
        crop = _crop_matrix(center, scale, angle, (w, h), self.use_udp)

        for key in ('img', 'mask'):
            if key in results:
                results[key] = cv2.warpAffine(results[key], crop, (w, h))
        if 'keypoints' in results:
            results['transformed_keypoints'] = cv2.transform(results['keypoints'], crop)
        # each row of the linear part is a scale times a row of a rotation
        scales = np.linalg.norm(crop[:, :2], axis=1)
        rotation = crop[:, :2] / scales[:, None]
        if 'keypoints_3d' in results:
            points = results['keypoints_3d'].copy()
            points[..., :2] = points[..., :2] @ rotation.T
            results['keypoints_3d'] = points
        if 'camera' in results:
            results['camera'] = _crop_camera(results['camera'], crop, scales, rotation)
        results.update(
            warp_mat=(crop @ _warp_so_far(results)).astype(np.float32),
            input_size=(w, h),
            input_center=center,
            input_scale=scale,
        )
        return results


def _warp_so_far(results: dict) -> np.ndarray:
    """Return the map [3, 3] from the original image to the current one."""
    return np.vstack([results.get('warp_mat', np.eye(2, 3)), [0, 0, 1]])


def _crop_matrix(
    center: np.ndarray,
    scale: np.ndarray,
    angle: float,
    size: tuple[int, int],
    use_udp: bool,
) -> np.ndarray:
    """Return mmpose's matrix [2, 3] from image to crop, px.

    Its own `get_warp_matrix` solves for three pairs of points, which takes as long as the
    warp of a small image.
    """
    if use_udp:
        return get_udp_warp_matrix(center, scale, angle, size).astype(np.float64)
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    linear = np.array([[cos, sin], [-sin, cos]]) * (size[0] / scale[0])
    return np.column_stack([linear, np.array(size) / 2 - linear @ center])


def _crop_camera(
    camera: dict, crop: np.ndarray, scales: np.ndarray, rotation: np.ndarray
) -> dict:
    """Return the camera of a crop.

    With L = diag(scales) R the crop of a projection F X/Z + c is
    diag(scales) (R F R^T) (R X)/Z + L c + t, and R F R^T = F for equal focal lengths.
    """
    focal = scales * (rotation**2 @ camera['focal'])
    principal_point = crop[:, :2] @ camera['principal_point'] + crop[:, 2]
    return dict(
        focal=focal.astype(np.float32),
        principal_point=principal_point.astype(np.float32),
    )
