import base64

import cv2
import numpy as np
import pytest
from comparison_factory import HAND, SIZE, make_comparison, make_crops

from mmpose_uda.visualization import draw_skeleton, to_tile
from mmpose_uda.visualization.canvas import PAPER, points_on_tile
from mmpose_uda.visualization.report_gallery import data_uri, gallery_entry


def decode(uri):
    kind, data = uri.split(',', 1)
    assert kind == 'data:image/jpeg;base64'
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)


def entry_of(is_3d):
    comparison = make_comparison(is_3d)
    (sample, crop), *_ = make_crops(comparison).items()
    return comparison, sample, crop, gallery_entry(comparison, sample, crop, HAND)


def test_a_picture_survives():
    image = cv2.GaussianBlur(
        np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8), (9, 9), 3
    )
    assert np.abs(decode(data_uri(image)).astype(float) - image).mean() < 3


@pytest.mark.parametrize('is_3d, unit', [(False, '{:.3f}'), (True, '{:.1f}')])
def test_names_and_errors(is_3d, unit):
    comparison, sample, _, entry = entry_of(is_3d)
    a, b = map(unit.format, comparison.sample_errors[:, sample])
    assert [p.caption for p in entry.pictures] == [f'A: {a}', f'B: {b}', 'truth']
    assert entry.name == f'{sample:03d}.jpg' and entry.gain == comparison.gains[sample] > 0
    views = ['', ', from the side'][: 1 + is_3d]
    for picture in entry.pictures:
        words = [f'{entry.name}, {picture.caption}{view}' for view in views]
        assert list(picture.sources) == words


def test_poses_are_drawn_on_the_crop():
    comparison, sample, crop, entry = entry_of(False)
    truth, a, b = comparison.truth, comparison.a, comparison.b
    found = [decode(*picture.sources.values()) for picture in entry.pictures]
    tile = to_tile(crop, found[0].shape[1])
    assert tile.shape[1] / tile.shape[0] == pytest.approx(SIZE[0] / SIZE[1], abs=0.01)
    assert not truth.valid[sample].all()
    drawn = [tile] + [
        draw_skeleton(tile, points_on_tile(points[sample], crop, tile), HAND, shown)
        for points, shown in (
            (a.points, None),
            (b.points, None),
            (truth.points, truth.valid[sample]),
            (a.points, truth.valid[sample]),
        )
    ]
    nearest = [
        np.argmin([np.abs(image.astype(float) - other).mean() for other in drawn])
        for image in found
    ]
    assert nearest == [1, 2, 3]


def test_views_from_the_side_are_of_one_scale_and_cut_nothing_off():
    *_, entry = entry_of(True)
    sides = [decode(list(p.sources.values())[1]).astype(int) for p in entry.pictures]
    for side in sides:
        colour = np.ptp(side, axis=-1)
        assert (colour > 40).any()
        for edge in (side[:3], side[-3:], side[:, :3], side[:, -3:]):
            assert np.abs(edge - PAPER).max() < 40
    # the bar, in the lower left corner
    for side in sides[1:]:
        assert np.abs(side[-14:, :70] - sides[0][-14:, :70]).mean() < 3
