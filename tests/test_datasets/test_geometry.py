import copy

import cv2
import numpy as np
import pytest
from mmengine.dataset import Compose
from mmpose.registry import DATASETS
from mmpose.structures.bbox import get_udp_warp_matrix, get_warp_matrix
from scipy.stats import truncnorm

from mmpose_uda.datasets import HAND21
from mmpose_uda.datasets.transforms import FastRandomBBoxTransform, MirrorRightHand


def project(points, camera):
    """[1, K, 3] mm -> [1, K, 2] px."""
    pixels = points[..., :2].astype(np.float64) / points[..., 2:]
    return pixels * camera['focal'] + camera['principal_point']


def apply(matrix, points):
    return points @ matrix[:, :2].T + matrix[:, 2]


def mirrored_hand():
    """HAND21 in which thumb and pinky change places in a flip."""
    metainfo = copy.deepcopy(HAND21)
    for point in metainfo['keypoint_info'].values():
        for one, other in (('thumb', 'pinky_finger'), ('pinky_finger', 'thumb')):
            if point['name'].startswith(one):
                point['swap'] = other + point['name'][-1]
    return metainfo


@pytest.fixture
def dataset(make_config):
    return DATASETS.build(make_config(metainfo=mirrored_hand()))


@pytest.fixture
def make_config(make_config):
    def make(metainfo, **kwargs):
        return dict(make_config(**kwargs), metainfo=metainfo)

    return make


def augment(item, use_udp=False, flip=0.5, rotate=180.0, input_size=(48, 64)):
    pipeline = Compose(
        [
            dict(type='GetBBoxCenterScale'),
            dict(type='RandomFlip3D', prob=flip),
            dict(
                type='FastRandomBBoxTransform',
                shift_prob=1.0,
                rotate_factor=rotate,
                rotate_prob=0.8,
            ),
            dict(type='TopdownAffine3D', input_size=input_size, use_udp=use_udp),
        ]
    )
    return pipeline(copy.deepcopy(item))


@pytest.mark.parametrize('use_udp', [False, True])
@pytest.mark.parametrize('seed', range(12))
def test_2d_3d_camera_and_warp_agree(dataset, seed, use_udp):
    np.random.seed(seed)
    before = dataset[seed % len(dataset)]
    after = augment(before, use_udp)
    crop = after['transformed_keypoints']
    assert np.abs(project(after['keypoints_3d'], after['camera']) - crop).max() < 1e-3

    order = before['flip_indices'] if after['flip'] else slice(None)
    warped = apply(after['warp_mat'], before['keypoints'][:, order])
    assert np.abs(warped - crop).max() < 1e-3

    inverse = cv2.invertAffineTransform(after['warp_mat'].astype(np.float64))
    back = apply(inverse, apply(after['warp_mat'], before['keypoints']))
    assert np.abs(back - before['keypoints']).max() < 1e-3

    # the pose itself is rotated about z and mirrored, not scaled
    original, moved = before['keypoints_3d'][:, order], after['keypoints_3d']
    np.testing.assert_array_equal(moved[..., 2], original[..., 2])
    gram = [points[0, :, :2] @ points[0, :, :2].T for points in (original, moved)]
    np.testing.assert_allclose(gram[0], gram[1], atol=1e-2)


def test_flip_and_rotation_both_happen(dataset):
    np.random.seed(0)
    seen = [augment(dataset[0]) for _ in range(20)]
    assert {item['flip'] for item in seen} == {True, False}
    signs = [np.linalg.det(item['warp_mat'][:, :2]) < 0 for item in seen]
    assert signs == [item['flip'] for item in seen]
    assert any(abs(item['warp_mat'][0, 1]) > 0.5 for item in seen)


@pytest.mark.parametrize('seed', range(6))
def test_mask_follows_the_image(dataset, seed):
    np.random.seed(seed)
    after = augment(dataset[seed])
    assert after['mask'].shape == after['img'].shape[:2] == (64, 48)
    # in these images the foreground is 128 and more, everything else below
    assert after['img'][after['mask'] == 255].min() >= 127
    assert after['img'][after['mask'] == 0].max() <= 128
    assert (after['mask'] == 255).any()


def test_unequal_focal_lengths_are_exact_without_rotation(dataset):
    before = dataset[0]
    before['camera']['focal'] = np.array([90, 110], np.float32)
    before['keypoints'] = project(before['keypoints_3d'], before['camera']).astype('f4')
    after = augment(before, flip=1.0, rotate=0.0)
    error = project(after['keypoints_3d'], after['camera'])
    assert np.abs(error - after['transformed_keypoints']).max() < 1e-3


@pytest.mark.parametrize(
    ('use_udp', 'make_matrix'), [(False, get_warp_matrix), (True, get_udp_warp_matrix)]
)
def test_crop_is_that_of_mmpose(dataset, use_udp, make_matrix):
    after = augment(dataset[0], use_udp, flip=0.0)
    matrix = make_matrix(
        after['input_center'],
        after['input_scale'],
        after['bbox_rotation'][0],
        output_size=(48, 64),
    )
    np.testing.assert_allclose(after['warp_mat'], matrix, rtol=1e-6)
    image = cv2.warpAffine(dataset[0]['img'], matrix, (48, 64))
    np.testing.assert_array_equal(after['img'], image)


def test_sample_without_labels_stays_without(dataset):
    item = dataset[0]
    for key in ('keypoints', 'keypoints_visible', 'keypoints_3d', 'mask', 'camera'):
        del item[key]
    np.random.seed(1)
    after = augment(item, flip=1.0)
    assert not any('keypoints' in key or key == 'mask' for key in set(after) - set(item))
    assert after['warp_mat'].shape == (2, 3)


@pytest.mark.parametrize('flip', [0.0, 1.0])
def test_right_hands_become_left_ones(dataset, flip):
    before = dict(dataset[0], hand_side='right')
    mirror = MirrorRightHand()
    after = mirror(copy.deepcopy(before))
    np.testing.assert_array_equal(after['img'], before['img'][:, ::-1])
    np.testing.assert_array_equal(after['mask'], before['mask'][:, ::-1])
    order = before['flip_indices']
    expected = before['keypoints'][:, order] * [-1, 1] + [63, 0]
    np.testing.assert_allclose(after['keypoints'], expected, rtol=1e-6)
    projected = project(after['keypoints_3d'], after['camera'])
    np.testing.assert_allclose(projected, expected, atol=1e-3)
    x1, y1, x2, y2 = before['bbox'][0]
    np.testing.assert_allclose(after['bbox'], [[63 - x2, y1, 63 - x1, y2]], rtol=1e-6)
    assert after['hand_side'] == 'left'

    again = mirror(copy.deepcopy(after))
    np.testing.assert_array_equal(again['img'], after['img'])
    # the warp of a view is from the image as it is on the disk, mirrored twice or once
    view = augment(after, flip=flip)
    warped = apply(view['warp_mat'], before['keypoints'])
    if flip == 0:
        warped = warped[:, order]
    np.testing.assert_allclose(warped, view['transformed_keypoints'], atol=1e-3)


@pytest.mark.parametrize('side', [{}, dict(hand_side='left')])
def test_other_hands_stay_as_they_are(dataset, side):
    before = dict(dataset[0], **side)
    after = MirrorRightHand()(copy.deepcopy(before))
    assert set(after) == set(before)
    np.testing.assert_array_equal(after['img'], before['img'])


def test_flip_after_the_crop_is_refused(dataset):
    pipeline = Compose(
        [
            dict(type='GetBBoxCenterScale'),
            dict(type='TopdownAffine3D', input_size=(48, 64)),
            dict(type='RandomFlip3D', prob=1.0),
        ]
    )
    with pytest.raises(ValueError, match='before TopdownAffine3D'):
        pipeline(dataset[0])


def test_fast_box_transform_has_the_same_distribution():
    np.random.seed(0)
    drawn = FastRandomBBoxTransform._truncnorm(size=(20000,))
    levels = np.linspace(0.05, 0.95, 19)
    expected = truncnorm.ppf(levels, -1, 1)
    np.testing.assert_allclose(np.quantile(drawn, levels), expected, atol=0.02)
    assert np.abs(drawn).max() <= 1
