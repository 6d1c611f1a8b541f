"""Loading of images and masks, with errors that name the file."""

from typing import Optional

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmpose.datasets.transforms import LoadImage
from mmpose.registry import TRANSFORMS

from mmpose_uda.decoded_images import read_decoded
from mmpose_uda.errors import UserError


@TRANSFORMS.register_module()
class LoadPoseImage(LoadImage):
    """mmpose's ``LoadImage`` for whole images and for files that may be bad.

    Where ``bbox`` is missing it is set to the whole image ([1, 4] xyxy, px). Pixels that
    were decoded before (:mod:`mmpose_uda.decoded_images`) are not decoded again.

    Args:
        **kwargs: As for mmpose's ``LoadImage``.

    Raises:
        UserError: The file is missing or does not decode.
    """

    @property
    def _is_plain(self) -> bool:
        """Whether it gives what OpenCV decodes."""
        wanted = (self.color_type, self.imdecode_backend, self.to_float32)
        return wanted == ('color', 'cv2', False)

    def transform(self, results: dict) -> dict:
        if 'img' not in results and self._is_plain:
            decoded = read_decoded(results['img_path'])
            if decoded is not None:
                results['img'] = decoded
        try:
            results = super().transform(results)
        except Exception as error:  # mmcv and OpenCV raise anything from bad bytes
            raise UserError(
                f'The image `{results["img_path"]}` is missing or does not decode: '
                'replace the file, or remove it from the data set.'
            ) from error
        if 'bbox' not in results:
            h, w = results['img_shape']
            results['bbox'] = np.array([[0, 0, w - 1, h - 1]], np.float32)
            results['bbox_score'] = np.ones(1, np.float32)
        return results


@TRANSFORMS.register_module()
class LoadPoseMask(BaseTransform):
    """Load the foreground ``mask`` [H, W] uint8 from ``mask_path``, if there is one.

    With ``mask_values`` (lowest, highest) the file holds labels, and the foreground is what
    lies between the two.

    Raises:
        UserError: The file is missing, does not decode, or has not the image's size.
    """

    def transform(self, results: dict) -> dict:
        path = results.get('mask_path')
        if path is None:
            return results
        mask = read_decoded(path)
        if mask is None:
            mask = _decode_mask(path)
        if mask is None:
            raise UserError(
                f'The mask `{path}` is missing or does not decode: replace the file, '
                'or remove its `mask_file` from the annotations.'
            )
        if mask.shape != tuple(results['img_shape']):
            raise UserError(
                f'The mask `{path}` is {mask.shape[1]} x {mask.shape[0]} px, its image '
                f'{results["img_shape"][1]} x {results["img_shape"][0]}: make it the '
                'size of the image.'
            )
        if 'mask_values' in results:
            mask = cv2.inRange(mask, *results.pop('mask_values'))
        results['mask'] = mask
        return results


def _decode_mask(path: str) -> Optional[np.ndarray]:
    try:
        data = np.frombuffer(fileio.get(path), np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    except (OSError, cv2.error):
        return None
