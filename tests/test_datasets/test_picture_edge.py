import numpy as np
import pytest

from mmpose_uda import UserError
from mmpose_uda.datasets.transforms import PictureEdge


@pytest.fixture
def sample():
    rng = np.random.default_rng(0)
    return dict(
        img=rng.integers(1, 256, (50, 70, 3), dtype=np.uint8),
        mask=np.full((50, 70), 255, np.uint8),
        bbox=np.array([[20.0, 10.0, 50.0, 40.0]], np.float32),
        keypoints=np.array([[[21.0, 39.0]]]),
    )


def test_the_picture_ends_at_a_margin_of_each_side(sample):
    before = sample['img'].copy()
    after = PictureEdge(prob=1.0, margin=(0.1, 0.1))(sample)
    # a tenth of 30 px
    expected = np.zeros_like(before)
    expected[7:43, 17:53] = before[7:43, 17:53]
    np.testing.assert_array_equal(after['img'], expected)
    np.testing.assert_array_equal(after['mask'] > 0, expected.any(-1))
    assert after['img'].dtype == after['mask'].dtype == np.uint8
    np.testing.assert_array_equal(after['keypoints'], [[[21.0, 39.0]]])


def test_without_a_line_nothing_changes(sample):
    before = sample['img'].copy()
    np.testing.assert_array_equal(PictureEdge(prob=0.0)(sample)['img'], before)


def test_sides_are_drawn_by_themselves(sample):
    np.random.seed(0)
    patterns = set()
    for _ in range(60):
        img = PictureEdge(prob=0.5, margin=(0.0, 0.0))(dict(sample))['img']
        # the middle of each side of the image
        sides = img[25, 0], img[0, 35], img[25, -1], img[-1, 35]
        patterns.add(tuple(bool(side.any()) for side in sides))
    assert len(patterns) > 10


def test_a_box_beyond_the_image(sample):
    sample['bbox'] = np.array([[-10.0, -10.0, 90.0, 60.0]])
    before = sample['img'].copy()
    after = PictureEdge(prob=1.0, margin=(0.0, 0.0))(sample)
    np.testing.assert_array_equal(after['img'], before)


def test_refuses_a_margin_that_is_no_range():
    with pytest.raises(UserError, match=r'`margin` must be \(smaller, larger\)'):
        PictureEdge(margin=(0.2, 0.1))


def test_refuses_to_come_after_the_crop(sample):
    with pytest.raises(ValueError, match='before the crop'):
        PictureEdge()(dict(sample, input_size=(64, 64)))
