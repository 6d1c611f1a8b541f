import random

import cv2
import numpy as np
import pytest

from mmpose_uda.datasets.transforms import SeededAlbumentation
from mmpose_uda.errors import UserError

TRANSFORMS = [
    dict(type='RandomBrightnessContrast', p=0.5),
    dict(
        type='OneOf',
        p=0.5,
        transforms=[dict(type='GaussianBlur', p=1.0), dict(type='MotionBlur', p=1.0)],
    ),
    dict(type='GaussNoise', std_range=(0.1, 0.2), p=0.5),
    dict(type='ImageCompression', quality_range=(20, 90), p=0.5),
    dict(type='CoarseDropout', fill='random', p=0.5),
]


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def run(transform, image, seed):
    np.random.seed(seed)
    return transform(dict(img=image.copy()))['img']


def test_numpy_seed_alone_decides(image):
    transform = SeededAlbumentation(TRANSFORMS)
    first = [run(transform, image, seed) for seed in range(20)]
    random.seed(5)
    cv2.setRNGSeed(5)
    fresh = SeededAlbumentation(TRANSFORMS)
    for seed in reversed(range(20)):
        np.testing.assert_array_equal(run(fresh, image, seed), first[seed])
    assert len({picture.tobytes() for picture in first}) > 15


def test_transforms_of_equal_probability_fire_independently(image):
    transform = SeededAlbumentation([dict(type='InvertImg', p=0.5)] * 2)
    inverted = [(run(transform, image, seed) != image).any() for seed in range(60)]
    # two inversions cancel: were they always drawn together, none would be seen
    assert 0.25 < np.mean(inverted) < 0.75


def test_does_not_change_its_config(image):
    config = [dict(type='OneOf', p=1.0, transforms=[dict(type='ToGray', p=1.0)])]
    out = run(SeededAlbumentation(config), image, 0)
    assert (out[..., 0] == out[..., 2]).all()
    assert config == [dict(type='OneOf', p=1.0, transforms=[dict(type='ToGray', p=1.0)])]


def test_old_names_of_a_dropout(image):
    hole = dict(type='CoarseDropout', fill=7, p=1.0)
    old = dict(max_holes=1, min_holes=1, max_height=0.5, min_height=0.25, max_width=0.5)
    new = dict(
        num_holes_range=(1, 1), hole_height_range=(0.25, 0.5), hole_width_range=(0.5, 0.5)
    )
    found, expected = (SeededAlbumentation([{**hole, **args}]) for args in (old, new))
    for seed in range(5):
        dropped = run(found, image, seed)
        np.testing.assert_array_equal(dropped, run(expected, image, seed))
        assert (dropped == 7).all(-1).sum() >= 0.25 * 0.5 * 32 * 32


@pytest.mark.parametrize(
    'wrong, said',
    [
        (dict(type='Blur', blur_limt=3), "Blur .*'blur_limt' are not valid"),
        (dict(type='OneOf', p=1.0, transforms=[dict(type='Blur', bad=1)]), "'bad'"),
        (dict(type='Blurr'), 'no transform Blurr'),
        (dict(type='Blur', p=2), 'Blur .*less than or equal to 1'),
    ],
)
def test_what_albumentations_does_not_know_is_told(wrong, said):
    with pytest.raises(UserError, match=said):
        SeededAlbumentation([wrong])
