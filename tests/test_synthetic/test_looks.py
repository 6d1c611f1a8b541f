"""Pictures by infrared light: who gets them, and what they show."""

import cv2
import numpy as np
import pytest

from mmpose_uda.synthetic import ensure_builtin
from mmpose_uda.synthetic.human import human_body
from mmpose_uda.synthetic.looks import LOOKS
from mmpose_uda.synthetic.photography import infrared, infrared_light
from mmpose_uda.synthetic.sample import make_sample


def test_pictures_have_no_colours():
    body, look = human_body(), LOOKS['infrared']('train')
    for i in range(3):
        sample = make_sample(np.random.default_rng(i), body, look, 64)
        assert (sample.image == sample.image[..., :1]).all()
        assert sample.image.std() > 5


def test_red_reflects_more_than_blue():
    blue, red = np.zeros((2, 32, 32, 3), np.float32)
    blue[..., 0], red[..., 2] = 0.5, 0.5
    brightness = [
        np.mean([infrared(np.random.default_rng(i), colour, 32).mean() for i in range(60)])
        for colour in (blue, red)
    ]
    assert brightness[1] > 2.5 * brightness[0]


def test_lamps_light_the_middle():
    flat = np.full((64, 64, 3), 0.6, np.float32)
    mean = np.mean(
        [infrared(np.random.default_rng(i), flat, 64) for i in range(60)], axis=0
    )
    assert mean[24:40, 24:40].mean() > 1.2 * mean[[0, 0, -1, -1], [0, -1, 0, -1]].mean()
    assert mean.max() < 0.65


def test_lamps_are_at_the_camera():
    for i in range(50):
        light, _ = infrared_light(np.random.default_rng(i))
        assert light.to_light @ (0, 0, -1) > np.cos(np.radians(35))
        assert np.ptp(light.colour) == np.ptp(light.above) == 0


@pytest.mark.parametrize('name, is_grey', [('human17', True), ('animal', False)])
def test_target_of_people_only(tmp_path, name, is_grey):
    ensure_builtin(
        name, str(tmp_path / name), num_train=1, num_test=2, image_size=48, workers=1
    )

    def grey(domain):
        found = [
            cv2.imread(str(path)) for path in (tmp_path / name / domain).glob('images/*')
        ]
        assert len(found) == 3
        return all(np.ptp(image.astype(int), axis=2).max() <= 2 for image in found)

    assert grey('photo') is is_grey
    assert not grey('rendered')
