"""Statistics of pictures, against pictures made with known ones."""

import re

import cv2
import numpy as np
import pytest
from config_factory import CONFIG_DIR, tiny_config
from mmpose.registry import DATASETS

from mmpose_uda.analysis.picture_statistics import PictureStatistics, picture_table
from mmpose_uda.config import load_config
from mmpose_uda.errors import UserError


def grey(values):
    """A picture [96, 96, 3] of grey levels."""
    levels = np.broadcast_to(np.asarray(values, float), (96, 96))
    return np.repeat(levels.round().clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def measured(picture, inside=True):
    return PictureStatistics.of(picture, np.broadcast_to(inside, picture.shape[:2]))


@pytest.mark.parametrize('deviation', [2, 6, 15])
def test_noise_is_found_on_slopes_and_edges(deviation):
    clean = np.linspace(60, 120, 96) + 80 * (np.arange(96) > 50)
    noise = np.random.default_rng(0).normal(0, deviation, (96, 96))
    found = measured(grey(clean + noise)).noise
    assert found == pytest.approx(deviation, rel=0.1)
    assert measured(grey(clean)).noise < 0.3


def test_edges_are_as_high_as_they_are():
    steps = 40 + 70 * (np.arange(96) // 24 % 2)  # three edges of 95 differences
    assert measured(grey(steps)).edges == 70
    soft = np.convolve(np.pad(steps, 3, 'edge'), np.ones(7) / 7, 'valid')
    assert measured(grey(soft)).edges == 10


def test_brightness_and_colour():
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:4] = (10, 60, 30)
    found = measured(picture)
    assert found.colourfulness == 25
    # grey by the weights of blue, green and red
    grey = 0.114 * 10 + 0.587 * 60 + 0.299 * 30
    assert found.brightness == pytest.approx(grey / 2, 0.02)


def test_what_a_crop_is_filled_with_is_no_picture():
    rng = np.random.default_rng(1)
    picture = grey(rng.normal(120, 4, (96, 96)))
    inside = np.arange(96) < 70
    filled = picture * inside[:, None]
    cut = measured(picture[:, :70])
    assert measured(filled).edges > 100 > 2 * cut.edges
    found = measured(filled, inside)
    assert (found.edges, found.brightness) == (cut.edges, pytest.approx(cut.brightness))
    assert found.noise == pytest.approx(cut.noise, rel=0.05)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'tiny.py'
    tiny_config(CONFIG_DIR / 'human_2d.py', tmp_path / 'data', tmp_path).dump(path)
    return str(path)


def test_rows_tell_what_the_network_sees(config):
    rows = [re.split(r' *\| *', line)[1:-1] for line in picture_table(config).splitlines()]
    assert [row[0] for row in rows[2:]] == ['source', 'target', 'val and test']
    tested = DATASETS.build(load_config(config).test_dataloader.dataset)
    crops = [np.ascontiguousarray(item['inputs'].permute(1, 2, 0)) for item in tested]
    assert rows[-1][1] == str(len(crops))
    edges = []
    for number, crop in enumerate(crops):
        # where the crop reaches over the image's edge, slowly
        info = tested.get_data_info(number)
        height, width = cv2.imread(info['img_path']).shape[:2]
        x1, y1, x2, y2 = info['bbox'][0]
        side = 1.25 * max(x2 - x1, y2 - y1)
        pixel = (np.arange(96) - 48) * side / 96
        u, v = (x1 + x2) / 2 + pixel, (y1 + y2) / 2 + pixel
        is_column, is_row = (u >= 0) & (u <= width - 1), (v >= 0) & (v <= height - 1)
        edges.append(measured(crop, is_row[:, None] & is_column).edges)
    wanted = ' / '.join(f'{value:.1f}' for value in np.percentile(edges, (5, 50, 95)))
    assert rows[-1][2] == wanted


def test_fewer_images(config):
    assert '| source | 2 |' in picture_table(config, images=2)


def test_what_cannot_be_measured(config, tmp_path):
    with pytest.raises(UserError, match='--images 0'):
        picture_table(config, images=0)
    whole = tmp_path / 'whole.py'
    whole.write_text('train_dataloader = dict(batch_size=3)')
    with pytest.raises(UserError, match='no size of crops'):
        picture_table(str(whole))
