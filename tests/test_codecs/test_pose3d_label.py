import numpy as np
import pytest
from mmpose.registry import KEYPOINT_CODECS
from model_factory import CODEC

from mmpose_uda import UserError


@pytest.fixture
def codec():
    return KEYPOINT_CODECS.build(CODEC)


@pytest.fixture
def hand():
    """Points inside the crop, and their 3D pose at any distance."""
    rng = np.random.default_rng(0)
    keypoints = rng.uniform([0, 0], [47, 31], (1, 21, 2)).astype(np.float32)
    keypoints_3d = rng.uniform(-40, 40, (1, 21, 3)).astype(np.float32) + [0, 0, 500]
    return keypoints, np.ones((1, 21), np.float32), keypoints_3d.astype(np.float32)


def test_encodes_pixels_and_depth_relative_to_the_root(codec, hand):
    keypoints, visible, keypoints_3d = hand
    encoded = codec.encode(keypoints, visible, keypoints_3d)
    labels, weights = encoded['keypoint_labels'], encoded['keypoint_weights']
    assert labels.shape == (1, 21, 3) and labels.dtype == np.float32
    assert weights.shape == (1, 21) and weights.dtype == np.float32
    np.testing.assert_array_equal(labels[..., :2], keypoints)
    depth = keypoints_3d[0, :, 2] - keypoints_3d[0, 0, 2]
    np.testing.assert_array_equal(labels[0, :, 2], depth)
    assert (weights == 1).all()


def test_all_keypoints_are_visible_unless_said_otherwise(codec, hand):
    keypoints, visible, keypoints_3d = hand
    visible[0, 3] = 0
    weights = codec.encode(keypoints, visible, keypoints_3d)['keypoint_weights']
    assert weights[0, 3] == 0 and weights.sum() == 20
    weights = codec.encode(keypoints, None, keypoints_3d)['keypoint_weights']
    assert weights.sum() == 21


@pytest.mark.parametrize(
    'index, value, weight',
    [
        (0, -0.5, 1),  # the outer edge of the first pixel
        (0, -0.51, 0),
        (0, 47.5, 1),
        (0, 47.51, 0),
        (1, 31.5, 1),
        (1, 31.51, 0),
        (1, -0.51, 0),
        (0, np.nan, 0),
    ],
)
def test_keypoints_outside_the_crop_weigh_nothing(codec, hand, index, value, weight):
    keypoints, visible, keypoints_3d = hand
    keypoints[0, 5, index] = value
    weights = codec.encode(keypoints, visible, keypoints_3d)['keypoint_weights']
    assert weights[0, 5] == weight and weights.sum() == 20 + weight


@pytest.mark.parametrize('depth, weight', [(-100, 1), (-101, 0), (100, 1), (101, 0)])
def test_keypoints_beyond_the_depths_weigh_nothing(codec, hand, depth, weight):
    keypoints, visible, keypoints_3d = hand
    keypoints_3d[0, 0, 2] = 500
    keypoints_3d[0, 5, 2] = 500 + depth
    weights = codec.encode(keypoints, visible, keypoints_3d)['keypoint_weights']
    assert weights[0, 5] == weight and weights.sum() == 20 + weight


def test_scale_of_the_pose(codec, hand):
    _, visible, keypoints_3d = hand
    # weak perspective, 8 mm a pixel
    keypoints = 20 + (keypoints_3d[..., :2] - keypoints_3d[:, :1, :2]) / 8
    assert codec.encode(keypoints, visible, keypoints_3d)['mm_per_px'] == pytest.approx(8)
    visible[0, 3], keypoints[0, 3] = 0, np.nan
    assert codec.encode(keypoints, visible, keypoints_3d)['mm_per_px'] == pytest.approx(8)
    # nor does it need to know where the root is in the image
    visible[0, 0], keypoints[0, 0] = 0, np.nan
    assert codec.encode(keypoints, visible, keypoints_3d)['mm_per_px'] == pytest.approx(8)
    scale = codec.encode(keypoints, 0 * visible, keypoints_3d)['mm_per_px']
    assert scale.dtype == np.float32 and scale == 0


def test_shrunk_bones_are_lifted_to_their_own_length(codec):
    labels = np.random.default_rng(0).uniform(0, 30, (1, 21, 3))
    _, pose = codec.decode(labels, shrinkage=0.8)
    bones = np.array(codec.skeleton)
    lengths = np.linalg.norm(pose[0, bones[:, 1]] - pose[0, bones[:, 0]], axis=-1)
    assert lengths.sum() == pytest.approx(0.8 * codec.total_length, rel=1e-6)


def test_refuses_samples_without_3d(codec, hand):
    with pytest.raises(UserError, match='needs `keypoints_3d`'):
        codec.encode(*hand[:2])


def test_decodes_what_it_encoded(codec):
    rng = np.random.default_rng(0)
    pose = rng.normal(0, 30, (1, 21, 3)) + [0, 0, 450]
    bones = np.array(codec.skeleton)
    lengths = np.linalg.norm(pose[0, bones[:, 1]] - pose[0, bones[:, 0]], axis=-1)
    pose *= codec.total_length / lengths.sum()
    camera = dict(focal=np.array([60.0, 60.0]), principal_point=np.array([23.0, 16.0]))
    points = camera['focal'] * pose[..., :2] / pose[..., 2:] + camera['principal_point']
    labels = codec.encode(points, None, pose)['keypoint_labels']
    keypoints, keypoints_3d = codec.decode(labels.astype(np.float64), camera)
    np.testing.assert_array_equal(keypoints, labels[..., :2])
    np.testing.assert_allclose(keypoints_3d, pose - pose[:, :1], atol=0.01)


def test_decodes_without_a_camera(codec):
    labels = np.random.default_rng(0).uniform(0, 30, (1, 21, 3))
    keypoints, pose = codec.decode(labels)
    bones = np.array(codec.skeleton)
    lengths = np.linalg.norm(pose[0, bones[:, 1]] - pose[0, bones[:, 0]], axis=-1)
    assert lengths.sum() == pytest.approx(codec.total_length, rel=1e-6)
    # weak perspective: the image times one scale
    flat = labels[0, 1:, :2] - labels[0, 0, :2]
    ratio = pose[0, 1:, :2] / flat
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-6)
    keypoints += 1
    assert not np.shares_memory(keypoints, labels)
