"""Random boxes as RegDA and UniFrame draw them; before the crop."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from mmpose_uda.errors import UserError

_ATTEMPTS = 10


@TRANSFORMS.register_module()
class RandomResizedBox(BaseTransform):
    """Replace the box by a square one within it.

    The RandomResizedCrop of RegDA's and UniFrame's code, on the box instead of the pixels.
    The area is drawn until the square fits, so shares over 1 only make those under 1 rarer
    (and the whole box once in thousands).

    Args:
        area (tuple[float, float]): Lowest and highest share of the area of the box, the
            square about it.

    Raises:
        UserError: The lowest share is not over 0 and under 1.
    """

    def __init__(self, area: tuple[float, float] = (0.6, 1.3)):
        if not 0 < area[0] <= min(area[1], 1):
            raise UserError(
                f'RandomResizedBox has area={tuple(area)}: the lowest share lies between 0 '
                'and 1, and is not over the highest.'
            )
        self.area = tuple(area)

    def transform(self, results: dict) -> dict:
        outer = results['bbox_scale'].max(-1, keepdims=True)
        side = self._draw_side()
        # of the middle, from that of the box
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
    """Turn, enlarge and move what the crop shows, each uniformly.

    The affine of RegDA's and UniFrame's code without its shear, on the box instead of the
    pixels. (mmpose's ``RandomBBoxTransform`` draws from a truncated normal distribution,
    and its scale is that of the box: twice as large a box shows everything half as large.)

    Args:
        rotation (float): Largest angle, degrees.
        translation (float): Largest shift, as a share of the crop's sides.
        scale (tuple[float, float]): How much larger things become.
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
        # what moves by as much in the crop, whose axes are turned
        shift = np.random.uniform(-self.translation, self.translation, (1, 2)) * box
        cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
        center = results['bbox_center'] - shift @ np.array([[cos, sin], [-sin, cos]])
        results['bbox_center'] = center.astype(np.float32)
        results['bbox_scale'] = box.astype(np.float32)
        results['bbox_rotation'] = np.array([angle], np.float32)
        return results
