"""Random boxes as RegDA and UniFrame draw them; for use before the crop."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from mmpose_uda.errors import UserError

_ATTEMPTS = 10


@TRANSFORMS.register_module()
class RandomResizedBox(BaseTransform):
    """Replace the box by a square one within it.

    The RandomResizedCrop of RegDA's and UniFrame's code, on the box instead of the pixels.
    The area is drawn until the square fits, so shares above 1 only make those below 1 rarer
    (and give the whole box once in thousands).

    Args:
        area (tuple[float, float]): Lowest and highest area of the square, as a share of
            the square around the box.

    Raises:
        UserError: The lowest share is not between 0 and 1, or is above the highest.
    """

    def __init__(self, area: tuple[float, float] = (0.6, 1.3)):
        if not 0 < area[0] <= min(area[1], 1):
            raise UserError(
                f'RandomResizedBox has area={tuple(area)}: the lowest share must be '
                'between 0 and 1, and not above the highest.'
            )
        self.area = tuple(area)

    def transform(self, results: dict) -> dict:
        outer = results['bbox_scale'].max(-1, keepdims=True)
        side = self._draw_side()
        # of the centre, from that of the box
        offset = np.random.uniform(-0.5, 0.5, (1, 2)) * (1 - side)
        center = results['bbox_center'] + offset * outer
        results['bbox_center'] = center.astype(np.float32)
        results['bbox_scale'] = np.repeat(side * outer, 2, axis=-1).astype(np.float32)
        return results

    def _draw_side(self) -> float:
        for _ in range(_ATTEMPTS):
            side = np.sqrt(np.random.uniform(*self.area))
            if side <= 1:
                return side
        return 1.0


@TRANSFORMS.register_module()
class RandomAffineBox(BaseTransform):
    """Turn, scale and move what the crop shows, each uniformly at random.

    The affine map of RegDA's and UniFrame's code without its shear, on the box instead of
    the pixels. (mmpose's ``RandomBBoxTransform`` draws from a truncated normal
    distribution, and its scale is that of the box: a box twice as large shows everything
    half as large.)

    Args:
        rotation (float): Largest angle, degrees.
        translation (float): Largest shift, as a share of the crop's sides.
        scale (tuple[float, float]): Range of the factor by which things become larger.
    """

    def __init__(
        self,
        rotation: float = 60,
        translation: float = 0.05,
        scale: tuple[float, float] = (0.6, 1.3),
    ):
        self.rotation = rotation
        self.translation = translation
        self.scale = tuple(scale)

    def transform(self, results: dict) -> dict:
        angle = np.random.uniform(-self.rotation, self.rotation)
        box = results['bbox_scale'] / np.random.uniform(*self.scale)
        # along the axes of the crop, which are turned
        shift = np.random.uniform(-self.translation, self.translation, (1, 2)) * box
        cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
        center = results['bbox_center'] - shift @ np.array([[cos, sin], [-sin, cos]])
        results['bbox_center'] = center.astype(np.float32)
        results['bbox_scale'] = box.astype(np.float32)
        results['bbox_rotation'] = np.array([angle], np.float32)
        return results
