import numpy as np
import pytest
from mmpose.registry import TRANSFORMS

from mmpose_uda.datasets.transforms import RandomAffineBox, RandomResizedBox
from mmpose_uda.errors import UserError

SIZE = (64, 64)
CENTER, SIDE = np.array([70.0, 50.0]), 80.0
DRAWS = 3000


def box(width=SIDE, height=SIDE):
    return dict(
        bbox_center=CENTER[None].astype(np.float32),
        bbox_scale=np.array([[width, height]], np.float32),
    )


@pytest.fixture(autouse=True)
def seed():
    np.random.seed(0)


def drawn(transform, **sides):
    return [transform(box(**sides)) for _ in range(DRAWS)]


@pytest.mark.parametrize('sides', [dict(), dict(width=30.0)])
def test_a_square_within_the_box(sides):
    found = drawn(RandomResizedBox(), **sides)
    centers = np.concatenate([f['bbox_center'] for f in found])
    scales = np.concatenate([f['bbox_scale'] for f in found])
    assert (scales[:, 0] == scales[:, 1]).all()
    low, high = centers - scales / 2, centers + scales / 2
    assert (low >= CENTER - SIDE / 2 - 1e-3).all()
    assert (high <= CENTER + SIDE / 2 + 1e-3).all()
    # the area is uniform from the lowest share to all of the box
    areas = (scales[:, 0] / SIDE) ** 2
    assert np.quantile(areas, [0, 0.5, 1]) == pytest.approx([0.6, 0.8, 1.0], abs=0.02)
    # and so is the place
    room = (low - (CENTER - SIDE / 2)) / np.maximum(SIDE - scales, 1e-6)
    quarters = [0.25, 0.5, 0.75]
    assert np.quantile(room, quarters) == pytest.approx(quarters, abs=0.04)


def test_a_box_may_stay_whole():
    found = RandomResizedBox(area=(0.999999, 1e9))(box())
    np.testing.assert_allclose(found['bbox_scale'], [[SIDE, SIDE]], rtol=1e-5)
    np.testing.assert_allclose(found['bbox_center'], CENTER[None], rtol=1e-5)


@pytest.mark.parametrize('area', [(0, 1), (1.1, 1.3), (0.8, 0.6)])
def test_areas_that_make_no_sense(area):
    with pytest.raises(UserError, match='RandomResizedBox has area='):
        RandomResizedBox(area)


def warps(transform, **sides):
    """Maps [N, 2, 3] from the image to crops."""
    crop = TRANSFORMS.build(dict(type='TopdownAffine3D', input_size=SIZE))
    image = np.zeros((100, 140, 3), np.uint8)
    return np.stack(
        [crop(dict(f, img=image))['warp_mat'] for f in drawn(transform, **sides)]
    )


def test_things_are_turned_enlarged_and_moved_as_published():
    mats = warps(RandomAffineBox(rotation=60, translation=0.05, scale=(0.6, 1.3)))
    plain = SIZE[0] / SIDE
    scale = np.sqrt(np.linalg.det(mats[:, :, :2])) / plain
    angle = np.rad2deg(np.arctan2(mats[:, 1, 0], mats[:, 0, 0]))
    # where the middle of the box goes, from that of the crop
    shift = (mats @ np.append(CENTER, 1) - np.array(SIZE) / 2) / SIZE
    quantiles = [0, 0.25, 0.5, 0.75, 1]
    for values, low, high in (
        (scale, 0.6, 1.3),
        (angle, -60, 60),
        (shift[:, 0], -0.05, 0.05),
        (shift[:, 1], -0.05, 0.05),
    ):
        expected = low + (high - low) * np.array(quantiles)
        found = np.quantile(values, quantiles)
        np.testing.assert_allclose(found, expected, atol=0.04 * (high - low))
    pairs = np.corrcoef(np.column_stack([scale, angle, shift]).T)
    assert np.abs(pairs - np.eye(4)).max() < 0.08
