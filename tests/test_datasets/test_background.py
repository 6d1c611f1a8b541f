import cv2
import numpy as np
import pytest

from mmpose_uda.datasets.transforms import ReplaceBackground
from mmpose_uda.errors import UserError


@pytest.fixture
def results():
    rng = np.random.default_rng(0)
    mask = np.zeros((48, 64), np.uint8)
    cv2.circle(mask, (30, 24), 12, 255, -1)
    return dict(
        img=rng.integers(0, 100, (48, 64, 3), dtype=np.uint8),
        mask=mask,
        keypoints=rng.random((1, 21, 2)),
        keypoints_3d=rng.random((1, 21, 3)),
        img_path='some/image.png',
        backgrounds=dict(target=plain_background((70, 90), [20, 30, 50, 60])),
    )


def plain_background(shape, box):
    """Everything is 200 but the foreground in the box, which is 0."""
    img = np.full((*shape, 3), 200, np.uint8)
    x1, y1, x2, y2 = box
    img[y1 : y2 + 1, x1 : x2 + 1] = 0
    return dict(img=img, bbox=np.array([box], np.float32))


def copied(results):
    return {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in results.items()}


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize(
    ('shape', 'box'),
    [
        ((70, 90), [20, 30, 50, 60]),
        ((20, 30), [2, 3, 20, 15]),  # smaller than the source
        ((300, 200), [0, 100, 150, 299]),  # reaches the border
        ((50, 50), [4, 4, 45, 45]),  # with its margin all of the image
    ],
)
def test_background_is_the_target_without_its_foreground(results, shape, box, seed):
    np.random.seed(seed)
    results['backgrounds']['target'] = plain_background(shape, box)
    out = ReplaceBackground(prob=1.0, feather=0)(copied(results))
    inside = results['mask'] > 0
    np.testing.assert_array_equal(out['img'][inside], results['img'][inside])
    np.testing.assert_allclose(out['img'][~inside], 200, atol=1)
    for key in ('mask', 'keypoints', 'keypoints_3d'):
        np.testing.assert_array_equal(out[key], results[key])
    assert 'backgrounds' not in out


def test_feather_softens_the_edge_only(results):
    np.random.seed(0)
    out = ReplaceBackground(prob=1.0, feather=1.0)(copied(results))['img'].astype(int)
    distance = [
        cv2.distanceTransform(mask, cv2.DIST_L2, 5)
        for mask in (results['mask'], 255 - results['mask'])
    ]
    deep, far = distance[0] > 5, distance[1] > 5
    np.testing.assert_array_equal(out[deep], results['img'][deep])
    np.testing.assert_allclose(out[far], 200, atol=1)
    edge = (distance[0] <= 1) & (distance[1] <= 1)
    assert (out[edge] > 100).any() and (out[edge] < 200).any()


def test_texture_of_the_target_is_kept(results):
    texture = np.random.default_rng(1).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    box = np.array([[0, 0, 5, 5]], np.float32)
    results['backgrounds'] = dict(target=dict(img=texture, bbox=box))
    np.random.seed(0)
    out = ReplaceBackground(prob=1.0, feather=0, scale=(0.5, 0.5))(copied(results))
    # such a window has the source's size: its pixels appear unchanged
    outside = results['mask'] == 0
    candidates = [
        view[y : y + 48, x : x + 64]
        for view in (texture, texture[:, ::-1])
        for y in range(49)
        for x in range(65)
    ]
    best = min(np.abs(c.astype(int) - out['img'])[outside].mean() for c in candidates)
    assert best < 0.5


def test_windows_vary_and_avoid_the_box(results):
    transform = ReplaceBackground(prob=1.0)
    np.random.seed(0)
    box = np.array([60, 0, 128, 96])
    windows = [transform._draw_window((128, 96), (64, 48), box) for _ in range(200)]
    assert len({tuple(window) for window in windows}) > 100
    for x, y, w, h in windows:
        assert x >= 0 and y >= 0 and x + w <= 128 and y + h <= 96
    hidden = np.mean([max(0, x + w - max(x, 60)) / w for x, _, w, _ in windows])
    blind = np.mean(
        [
            max(0, x + w - max(x, 60)) / w
            for w in np.linspace(64, 128, 50)
            for x in np.linspace(0, 128 - w, 50)
        ]
    )
    assert hidden < blind - 0.1


@pytest.mark.parametrize('change', [dict(prob=0.0), dict(prob=1.0)])
def test_leaves_the_image_alone(results, change):
    if change['prob']:  # nothing is foreground
        results['mask'][:] = 0
    out = ReplaceBackground(**change)(copied(results))
    np.testing.assert_array_equal(out['img'], results['img'])
    assert 'backgrounds' not in out


def test_probability(results):
    np.random.seed(0)
    transform = ReplaceBackground(prob=0.3)
    changed = [
        (transform(copied(results))['img'] != results['img']).any() for _ in range(200)
    ]
    assert 0.2 < np.mean(changed) < 0.4


def test_missing_mask_and_background_are_named(results):
    with pytest.raises(ValueError, match='source view'):
        ReplaceBackground()({k: v for k, v in results.items() if k != 'backgrounds'})
    del results['mask']
    with pytest.raises(UserError, match='some/image.png.*mask_file'):
        ReplaceBackground(prob=0.0)(results)


def test_backgrounds_come_from_their_sources_by_share(results):
    results['backgrounds']['source'] = dict(
        img=np.full((40, 50, 3), 77, np.uint8), bbox=np.array([[5, 5, 20, 20]])
    )
    outside = cv2.dilate(results['mask'], np.ones((9, 9))) == 0
    transform = ReplaceBackground(prob=1.0, shares=dict(target=2.0, source=1.0, noise=1.0))
    np.random.seed(0)
    counts = dict(target=0, source=0, noise=0)
    for _ in range(200):
        pixels = transform(copied(results))['img'][outside]
        if np.abs(pixels.astype(int) - 200).max() <= 1:
            counts['target'] += 1
        elif np.abs(pixels.astype(int) - 77).max() <= 1:
            counts['source'] += 1
        else:
            assert pixels.std() > 10
            counts['noise'] += 1
    assert 80 < counts['target'] < 120
    assert 30 < counts['source'] < 70 and 30 < counts['noise'] < 70


def test_noise_alone_needs_no_image(results):
    results['backgrounds'] = {}
    transform = ReplaceBackground(prob=1.0, shares=dict(noise=1.0))
    np.random.seed(0)
    first, second = (transform(copied(results))['img'].astype(int) for _ in range(2))
    outside = results['mask'] == 0
    assert np.abs(first - second)[outside].mean() > 10


@pytest.mark.parametrize('shares', [dict(), dict(targte=1.0), dict(target=0.0)])
def test_unknown_backgrounds_are_refused(shares):
    with pytest.raises(UserError, match='`target`, `source` or `noise`'):
        ReplaceBackground(shares=shares)
