"""Foreground of a box by GrabCut, without labels or a network."""

import cv2
import numpy as np

_SIZE = 128  # px, longer side for GrabCut, which takes seconds on large images
_CONTEXT = 0.5  # of the box's size, on each side, to learn the background from
# Of the box's size. A limb that leaves the box has the body's colours, so only what is
# farther away is background from the start.
_DOUBT = 0.3
# Of the box's size: half-axes of the ellipses that stay, and that start as, foreground.
_CORE, _SEED = 0.2, 0.45
_SMALLEST = 4.0  # px; GrabCut forms five clusters of colours for each of the two classes
_MARGIN = 0.05  # of the box's size, around it; there is no foreground beyond
_ITERATIONS = 4


def grabcut_mask(img: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Segment what is in a box (Rother et al. 2004).

    What is far from the box is background, an ellipse in its middle is foreground, and
    the colours of both decide the rest.

    Args:
        img (np.ndarray): [H, W, 3] uint8.
        box (np.ndarray): [4] xyxy, px.

    Returns:
        np.ndarray: [H, W] uint8, 0 or 255; all 0 if the box is outside the image or has
        too few pixels to learn colours from.
    """
    last = np.tile(np.array(img.shape[1::-1]) - 1, 2)
    box = np.clip(box, 0, last)
    if (box[2:] - box[:2]).min() < _SMALLEST:
        return np.zeros(img.shape[:2], np.uint8)
    outer = _with_context(box, img.shape)
    x1, y1, x2, y2 = outer
    crop = img[y1:y2, x1:x2]
    factor = min(1.0, _SIZE / max(crop.shape[:2]))
    small = cv2.resize(crop, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    scale = np.tile(np.array(small.shape[1::-1]) / crop.shape[1::-1], 2)
    small_box = (box - np.tile(outer[:2], 2)) * scale
    states = _initial_states(small.shape[:2], small_box)
    models = np.zeros((2, 1, 65))
    cv2.setRNGSeed(0)  # GrabCut's clustering draws from OpenCV's generator
    cv2.grabCut(small, states, None, *models, _ITERATIONS, cv2.GC_INIT_WITH_MASK)
    found = (states == cv2.GC_PR_FGD) | (states == cv2.GC_FGD)
    inside = np.zeros_like(found)
    inside[_grown(small_box, _MARGIN)] = True
    mask = np.zeros(img.shape[:2], np.uint8)
    large = cv2.resize((found & inside).astype(np.float32), crop.shape[1::-1])
    mask[y1:y2, x1:x2] = np.where(large > 0.5, 255, 0)
    return mask


def _with_context(box: np.ndarray, shape: tuple) -> np.ndarray:
    """The box [4] grown on each side, in whole px inside the image, xyxy (end excluded)."""
    grow = _CONTEXT * np.tile(box[2:] - box[:2], 2) * [-1, -1, 1, 1]
    low, high = np.floor(box[:2] + grow[:2]), np.ceil(box[2:] + grow[2:]) + 1
    size = shape[1::-1]
    low = np.clip(low, 0, np.array(size) - 1)
    return np.concatenate([low, np.clip(high, low + 1, size)]).astype(int)


def _grown(box: np.ndarray, share: float) -> tuple[slice, slice]:
    """Rows and columns of a box grown by a share of its size on each side."""
    grow = share * (box[2:] - box[:2])
    low = np.maximum(np.floor(box[:2] - grow), 0).astype(int)
    high = np.maximum(np.ceil(box[2:] + grow), 0).astype(int) + 1
    return slice(low[1], high[1]), slice(low[0], high[0])


def _initial_states(shape: tuple[int, int], box: np.ndarray) -> np.ndarray:
    """GrabCut's initial states [h, w] of pixels, for a box in the same px."""
    states = np.full(shape, cv2.GC_BGD, np.uint8)
    states[_grown(box, _DOUBT)] = cv2.GC_PR_BGD
    centre = np.round((box[:2] + box[2:]) / 2).astype(int).tolist()
    for share, state in ((_SEED, cv2.GC_PR_FGD), (_CORE, cv2.GC_FGD)):
        axes = np.maximum(np.round(share * (box[2:] - box[:2])), 1).astype(int)
        cv2.ellipse(states, centre, axes.tolist(), 0, 0, 360, state, cv2.FILLED)
    # if the box is as large as the image, its border is background
    states[[0, -1]] = states[:, [0, -1]] = cv2.GC_BGD
    return states
