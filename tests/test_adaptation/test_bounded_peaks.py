import numpy as np
import pytest
from mmpose.codecs import msra_heatmap, udp_heatmap
from mmpose.codecs.utils import refine_keypoints_dark, refine_keypoints_dark_udp
from mmpose.registry import KEYPOINT_CODECS

from mmpose_uda.adaptation.bounded_peaks import bounded_peaks

SIZE = (16, 12)  # cells
CODECS = [
    dict(type='MSRAHeatmap', sigma=1.2, unbiased=True, blur_kernel_size=3),
    dict(type='UDPHeatmap', sigma=1.2, blur_kernel_size=3),
]


@pytest.fixture(params=CODECS, ids=lambda config: config['type'])
def codec(request):
    width, height = SIZE
    size = dict(input_size=(4 * width, 4 * height), heatmap_size=SIZE)
    return KEYPOINT_CODECS.build(dict(request.param, **size))


def refined(codec, heatmap):
    """What stock code makes of the highest cell, in cells [2], and the cell."""
    row, column = np.unravel_index(heatmap.argmax(), heatmap.shape)
    cell = np.array([[[column, row]]], np.float32)
    is_udp = type(codec).__name__ == 'UDPHeatmap'
    refine = refine_keypoints_dark_udp if is_udp else refine_keypoints_dark
    return refine(cell.copy(), heatmap[None].copy(), blur_kernel_size=3)[0, 0], cell[0, 0]


def random_maps(count):
    """Small heights, as an unsure network has them, of which some are no peaks."""
    rng = np.random.default_rng(0)
    return rng.uniform(0, 0.05, (count, *SIZE[::-1])).astype(np.float32)


def test_a_peak_is_refined_as_before(codec):
    points = np.array([[[22.3, 17.6], [40.9, 30.2]]], np.float32)
    heatmaps = codec.encode(points, np.ones((1, 2), np.float32))['heatmaps']
    expected, _ = codec.decode(heatmaps)
    with bounded_peaks():
        found, _ = codec.decode(heatmaps)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(found, points, atol=0.7)


def test_a_keypoint_stays_within_a_cell_of_the_highest(codec):
    far = 0
    # UDP's first and last cells are on the edges of the crop
    cells = np.subtract(SIZE, 1 if type(codec).__name__ == 'UDPHeatmap' else 0)
    step = np.divide(codec.input_size, cells)
    for heatmap in random_maps(200):
        unbounded, cell = refined(codec, heatmap)
        far += np.abs(unbounded - cell).max() > 1
        with bounded_peaks():
            (found,), _ = codec.decode(heatmap[None])
        assert (np.abs(found[0] / step - cell) <= 1 + 1e-4).all()
    assert far  # which stock code places elsewhere


def test_elsewhere_codecs_are_stock():
    with bounded_peaks(), bounded_peaks():
        assert msra_heatmap.refine_keypoints_dark is not refine_keypoints_dark
    assert msra_heatmap.refine_keypoints_dark is refine_keypoints_dark
    assert udp_heatmap.refine_keypoints_dark_udp is refine_keypoints_dark_udp
