"""examples/hand_photos: photographs that a first adaptation takes."""

import json
from pathlib import Path

import cv2

from mmpose_uda.adaptation.near_duplicates import Thinner

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / 'examples/hand_photos'


def test_every_photograph_has_a_box_and_is_unlike_the_others():
    photos = sorted(FOLDER.glob('*.jpg'))
    boxes = json.loads((FOLDER / 'boxes.json').read_text())
    assert [photo.name for photo in photos] == list(boxes) and len(photos) == 40
    assert sum(photo.stat().st_size for photo in photos) < 200_000
    thinner = Thinner()
    for photo in photos:
        image = cv2.imread(str(photo))
        x, y, w, h = boxes[photo.name]
        assert 0 <= x < x + w <= image.shape[1] and 0 <= y < y + h <= image.shape[0]
        assert thinner.is_new(image)


def test_credit_is_given():
    notice = (ROOT / 'NOTICE').read_text()
    for words in ('examples/hand_photos', 'Sign Language Digits Dataset', 'Apache-2.0'):
        assert words in notice
