import numpy as np
import pytest

from mmpose_uda.datasets.grabcut import grabcut_mask


def picture(shape=(90, 120), box=(40, 20, 80, 70)):
    """A textured ellipse that fills its box, before another texture; and its mask."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: shape[0], : shape[1]]
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    inside = ((x - cx) / (box[2] - cx)) ** 2 + ((y - cy) / (box[3] - cy)) ** 2 <= 1
    img = rng.integers(0, 60, (*shape, 3)) + [90, 140, 20]
    img[inside] += [60, -90, 120]
    return img.astype(np.uint8), inside


def iou(mask, truth):
    return ((mask > 0) & truth).sum() / ((mask > 0) | truth).sum()


def test_it_finds_what_is_in_the_box():
    img, truth = picture()
    mask = grabcut_mask(img, np.array([40, 20, 80, 70], np.float32))
    assert mask.shape == (90, 120) and mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 255}
    assert iou(mask, truth) > 0.9


def test_large_pictures_are_segmented_at_their_own_size():
    img, truth = picture((900, 1200), (400, 200, 800, 700))
    mask = grabcut_mask(img, np.array([400, 200, 800, 700], np.float32))
    assert mask.shape == (900, 1200) and iou(mask, truth) > 0.9


def test_the_same_picture_gives_the_same_mask():
    img, _ = picture()
    box = np.array([40, 20, 80, 70], np.float32)
    assert (grabcut_mask(img, box) == grabcut_mask(img, box)).all()


@pytest.mark.parametrize(
    'box', [(0, 0, 119, 89), (-5, -5, 30, 30), (100, 70, 140, 120), (50, 40, 58, 50)]
)
def test_boxes_at_the_border_or_small_have_a_mask(box):
    img, _ = picture()
    mask = grabcut_mask(img, np.array(box, np.float32))
    assert mask.shape == img.shape[:2] and mask.any()
    low, high = np.array(box[:2]), np.array(box[2:])
    y, x = np.nonzero(mask)
    margin = 0.05 * (high - low) + 2
    assert (x >= low[0] - margin[0]).all() and (x <= high[0] + margin[0]).all()
    assert (y >= low[1] - margin[1]).all() and (y <= high[1] + margin[1]).all()


def test_a_picture_of_one_colour_keeps_the_core():
    mask = grabcut_mask(np.full((60, 60, 3), 99, np.uint8), np.array([15.0, 15, 45, 45]))
    assert mask[30, 30] == 255 and mask[0, 0] == 0


@pytest.mark.parametrize(
    'box', [(130, 20, 160, 60), (-60, -60, -5, -5), (20, 20, 100, 22), (50, 40, 51, 41)]
)
def test_boxes_outside_or_without_pixels_have_an_empty_mask(box):
    img, _ = picture()
    mask = grabcut_mask(img, np.array(box, np.float32))
    assert mask.shape == img.shape[:2] and not mask.any()


def test_a_box_larger_than_the_picture_is_cut():
    img, _ = picture()
    whole = grabcut_mask(img, np.array([0, 0, 119, 89], np.float32))
    assert whole.any()
    assert (grabcut_mask(img, np.array([-50, -50, 500, 400], np.float32)) == whole).all()
