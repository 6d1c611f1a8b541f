"""Segmentation-guided augmentation: another background behind the foreground."""

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from mmpose_uda.errors import UserError

_FILL_SIZE = 32  # px; the fill of the hole is smooth, so a small image is enough
_BOX_MARGIN = 0.1  # of the box size; boxes are often tight
_CANDIDATES = 4  # windows drawn; the one that shows the least of the hole is taken


@TRANSFORMS.register_module()
class ReplaceBackground(BaseTransform):
    """Put the foreground of the mask over another background; before the crop.

    The background is another image, of the target or the source, or noise. Images come as
    ``backgrounds``: by domain a dict(img [H', W', 3] uint8, bbox [1, 4] xyxy px), which
    :class:`SourceTargetDataset` provides. Their own foreground is removed by its box only,
    without labels: the box is filled from its surroundings. A random window of the result,
    mirrored or not, becomes the background. Keypoints, 3D and mask stay as they are.

    Args:
        prob (float): Probability of a replacement.
        shares (dict[str, float]): Kinds of background, 'target', 'source' or 'noise', with
            their relative frequencies.
        feather (float): Sigma of the soft edge, px of the image; 0 makes it hard.
        scale (tuple[float, float]): Range of the size of the window, as a share of the
            largest one with the aspect ratio of the image.

    Raises:
        UserError: ``shares`` has another key or none above 0, or the sample has no mask.
    """

    def __init__(
        self,
        prob: float = 0.5,
        feather: float = 0.7,
        scale: tuple[float, float] = (0.5, 1.0),
        shares: dict[str, float] = dict(target=1.0),
    ):
        if not set(shares) <= {'target', 'source', 'noise'} or not any(shares.values()):
            raise UserError(
                'ReplaceBackground: `shares` must give `target`, `source` or `noise` a '
                f'share above 0 and name nothing else, not {dict(shares)}.'
            )
        self.shares = {name: share for name, share in shares.items() if share > 0}
        self.prob = prob
        self.feather = feather
        self.scale = scale

    def transform(self, results: dict) -> dict:
        if 'backgrounds' not in results:
            raise ValueError(
                'ReplaceBackground needs `backgrounds`: use it as a direct step of a '
                'source view of SourceTargetDataset.'
            )
        backgrounds = results.pop('backgrounds')
        if 'mask' not in results:
            raise UserError(
                f'`{results["img_path"]}` has no foreground mask: add `mask_file` to '
                'its annotation and LoadPoseMask to the source, or drop '
                'ReplaceBackground.'
            )
        # without a foreground, the labels would refer to nothing in the image
        if np.random.rand() >= self.prob or not results['mask'].any():
            return results
        h, w = results['mask'].shape
        chosen = self._draw_source()
        if chosen == 'noise':
            behind = _draw_noise(h, w)
        else:
            other = backgrounds[chosen]
            behind = self._make_background(other['img'], other['bbox'][0], (w, h))
        alpha = results['mask'].astype(np.float32) / 255
        if self.feather > 0:
            alpha = cv2.GaussianBlur(alpha, (0, 0), self.feather)
        results['img'] = cv2.blendLinear(results['img'], behind, alpha, 1 - alpha)
        return results

    def _draw_source(self) -> str:
        names, shares = list(self.shares), np.array(list(self.shares.values()))
        if len(names) == 1:
            return names[0]
        return str(np.random.choice(names, p=shares / shares.sum()))

    def _make_background(
        self, img: np.ndarray, box: np.ndarray, size: tuple[int, int]
    ) -> np.ndarray:
        """Return a random window [h, w, 3] of ``img`` without what is in ``box``."""
        margin = _BOX_MARGIN * np.tile(box[2:] - box[:2], 2) * [-1, -1, 1, 1]
        box = box + margin
        fill = _fill_box(img, box)
        x, y, w, h = self._draw_window(img.shape[1::-1], size, box)
        window = cv2.resize(
            img[y : y + h, x : x + w],
            size,
            interpolation=cv2.INTER_AREA if w > size[0] else cv2.INTER_LINEAR,
        )
        # output pixel -> pixel of the small filled image
        step = np.array([w, h]) / size
        small = np.array(fill.shape[1::-1]) / img.shape[1::-1]
        offset = ([x, y] + 0.5 * step) * small - 0.5
        fill = cv2.warpAffine(
            fill,
            np.column_stack([np.diag(step * small), offset]),
            size,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        weight = fill[..., 3].astype(np.float32) / 255
        out = cv2.blendLinear(
            window, cv2.cvtColor(fill, cv2.COLOR_BGRA2BGR), weight, 1 - weight
        )
        return cv2.flip(out, 1) if np.random.rand() < 0.5 else out

    def _draw_window(
        self, outer: tuple[int, int], size: tuple[int, int], box: np.ndarray
    ) -> np.ndarray:
        """Draw a window (x, y, w, h) that shows as little of ``box`` as possible."""
        outer, size = np.array(outer), np.array(size)
        largest = size * (outer / size).min()
        part = np.random.uniform(*self.scale, size=(_CANDIDATES, 1))
        extent = np.clip(np.round(largest * part), 1, outer)
        corner = np.floor(np.random.rand(_CANDIDATES, 2) * (outer - extent + 1))
        overlap = np.minimum(corner + extent, box[2:]) - np.maximum(corner, box[:2])
        hidden = np.clip(overlap, 0, None).prod(1) / extent.prod(1)
        best = hidden.argmin()
        return np.concatenate([corner[best], extent[best]]).astype(int)


def _draw_noise(height: int, width: int) -> np.ndarray:
    """Draw coloured noise of all scales, [h, w, 3] uint8."""
    out = np.full((height, width, 3), np.random.uniform(0, 255, 3), np.float32)
    cells = 2
    while cells <= max(height, width):
        # finer noise is weaker, as in photographs
        coarse = np.random.normal(0, 120 / (1 + cells**0.5), (cells, cells, 3))
        out += cv2.resize(
            coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
        )
        cells *= 2
    return np.clip(out, 0, 255).astype(np.uint8)


def _fill_box(img: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Fill a box from its surroundings, in a small copy of the image.

    Args:
        img (np.ndarray): [H, W, 3] uint8.
        box (np.ndarray): [4] xyxy, px.

    Returns:
        np.ndarray: [h, w, 4] uint8; the last channel is 0 inside the box, else 255.
    """
    factor = min(1.0, _FILL_SIZE / max(img.shape[:2]))
    size = tuple(max(1, round(n * factor)) for n in img.shape[1::-1])
    small = np.ones((size[1], size[0], 4), np.float32)
    small[..., :3] = cv2.resize(img, size, interpolation=cv2.INTER_AREA)
    corners = (box + [0, 0, 1, 1]).reshape(2, 2) * (np.array(size) / img.shape[1::-1])
    (x1, y1), (x2, y2) = np.clip([np.floor(corners[0]), np.ceil(corners[1])], 0, size)
    hole = slice(int(y1), int(y2)), slice(int(x1), int(x2))
    known = small.copy()
    known[hole] = 0
    if not known.any():  # if the box is as large as the image, its border is background
        known = small.copy()
        known[1:-1, 1:-1] = 0
    out = np.full(small.shape, 255, np.uint8)
    out[..., :3] = _pull_push(known)
    out[(*hole, 3)] = 0
    return out


def _pull_push(known: np.ndarray) -> np.ndarray:
    """Normalised blur whose width grows with the distance from known pixels.

    Args:
        known (np.ndarray): [h, w, 4] float32; the last channel is a weight in 0..1, by
            which the colours are premultiplied.

    Returns:
        np.ndarray: [h, w, 3] float32.
    """
    color, weight = known[..., :3], known[..., 3:]
    own = color / np.maximum(weight, 1e-6)
    if min(weight.shape[:2]) <= 2:
        return np.where(weight > 0, own, color.sum((0, 1)) / weight.sum())
    coarse = _pull_push(cv2.pyrDown(known))
    coarse = cv2.pyrUp(coarse, dstsize=weight.shape[1::-1])
    return own * weight + coarse * (1 - weight)
