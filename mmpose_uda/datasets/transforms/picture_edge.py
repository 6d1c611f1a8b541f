"""Pictures that end close to the body that they show."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from mmpose_uda.errors import UserError


@TRANSFORMS.register_module()
class PictureEdge(BaseTransform):
    """Let the picture end near the box, as photographs often do; before the crop.

    A rendering shows what lies around a body: a forearm below the wrist. In a photograph
    that ends at the wrist, a network that never saw such an edge places the wrist where a
    forearm could still follow it. So beyond a random line near a side of the box the image
    becomes black, as a crop is beyond its picture, and the foreground mask empty.
    Keypoints stay as they are; a line may cut off a little of the box.

    Args:
        prob (float): Probability of a line at each of the four sides, independently.
        margin (tuple[float, float]): Range of the distance of the line from its side of the
            box, as a share of the box's longer side; negative is inside.

    Raises:
        UserError: The lower end of ``margin`` is above the upper end.
    """

    def __init__(self, prob: float = 0.25, margin: tuple[float, float] = (-0.08, 0.2)):
        if not margin[0] <= margin[1]:
            raise UserError(
                f'PictureEdge: `margin` must be (smaller, larger), not {margin}.'
            )
        self.prob = prob
        self.margin = margin

    def transform(self, results: dict) -> dict:
        """Draw four margins, then whether there are lines, in the order of the box."""
        if 'input_size' in results:
            raise ValueError('PictureEdge must come before the crop.')
        left, top, right, bottom = results['bbox'][0]
        away = np.random.uniform(*self.margin, 4) * max(right - left, bottom - top)
        cut = np.random.rand(4) < self.prob
        height, width = results['img'].shape[:2]
        lines = np.array([left, top, right, bottom]) + away * [-1, -1, 1, 1]
        lines = np.where(cut, lines, [0, 0, width, height])
        x1, y1, x2, y2 = np.round(lines).astype(int).clip(0)
        kept = np.zeros((height, width), bool)
        kept[y1:y2, x1:x2] = True
        results['img'] = np.where(kept[..., None], results['img'], 0)
        if 'mask' in results:
            results['mask'] = np.where(kept, results['mask'], 0)
        return results
