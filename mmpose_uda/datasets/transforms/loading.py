"""Loading of images and masks, with errors that name the file."""

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.datasets.transforms import LoadImage
from mmpose.registry import TRANSFORMS

from mmpose_uda.datasets.mask_files import fit_mask, load_mask
from mmpose_uda.datasets.sample_errors import naming_image
from mmpose_uda.decoded_images import read_decoded
from mmpose_uda.errors import UserError


@TRANSFORMS.register_module()
class LoadPoseImage(LoadImage):
    """mmpose's ``LoadImage`` for whole images and for files that may be damaged.

    If ``bbox`` is missing, it is set to the whole image ([1, 4] xyxy, px). Pixels that
    were decoded before (:mod:`mmpose_uda.decoded_images`) are not decoded again.

    Args:
        **kwargs: As for mmpose's ``LoadImage``.

    Raises:
        UserError: The file is missing or does not decode, or differs in size from the
            sample's ``annotated_size`` (width, height, px), so its labels would be
            misplaced.
    """

    @property
    def _is_plain(self) -> bool:
        """Whether the result is exactly what OpenCV decodes."""
        wanted = (self.color_type, self.imdecode_backend, self.to_float32)
        return wanted == ('color', 'cv2', False)

    def transform(self, results: dict) -> dict:
        if 'img' not in results and self._is_plain:
            decoded = read_decoded(results['img_path'], cv2.IMREAD_COLOR)
            if decoded is not None:
                results['img'] = decoded
        with naming_image(results['img_path']):
            results = super().transform(results)
        if 'bbox' not in results:
            h, w = results['img_shape']
            results['bbox'] = np.array([[0, 0, w - 1, h - 1]], np.float32)
            results['bbox_score'] = np.ones(1, np.float32)
        return results


@TRANSFORMS.register_module()
class LoadPoseMask(BaseTransform):
    """Load the foreground ``mask`` [H, W] uint8 from ``mask_path``, if there is one.

    With ``mask_values`` (lowest, highest) the file holds labels, and the foreground is what
    lies between the two. Without them the foreground is 255 and the background 0; a file of
    0 and another value is read the same way (:mod:`mmpose_uda.datasets.mask_files`). A mask
    of half, a third ... of the image's size is enlarged.

    Raises:
        UserError: The file is missing, does not decode, has other values, or does not fit
            the image.
    """

    def transform(self, results: dict) -> dict:
        path = results.get('mask_path')
        if path is None:
            return results
        try:
            mask = load_mask(path, results.pop('mask_values', None))
        except (OSError, ValueError) as error:
            raise UserError(
                f'The mask `{path}` is missing or does not decode: replace the file, '
                'or remove its `mask_file` from the annotations.'
            ) from error
        size = tuple(results['img_shape'])
        fitting = fit_mask(mask, size)
        if fitting is None:
            raise UserError(
                f'The mask `{path}` is {mask.shape[1]} x {mask.shape[0]} px, its image '
                f'{size[1]} x {size[0]}: make it the size of the image.'
            )
        results['mask'] = fitting
        return results
