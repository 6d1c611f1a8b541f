import numpy as np
import pytest
from published_3d_factory import SIZE, write_stb
from scipy.io import savemat

from mmpose_uda.datasets.transforms import MirrorRightHand
from mmpose_uda.errors import UserError

# joints in the data set's own order, by the names of 'hand21'
STB = ['palm'] + [
    f'{finger}{i}'
    for finger in ('pinky_finger', 'ring_finger', 'middle_finger', 'forefinger', 'thumb')
    for i in (1, 2, 3, 4)
]
SEQUENCES = {
    'train': [f'B{i}{pose}' for i in (2, 3, 4, 5, 6) for pose in ('Counting', 'Random')],
    'test': ['B1Counting', 'B1Random'],
}


@pytest.fixture
def written(tmp_path):
    return write_stb(tmp_path)


@pytest.mark.parametrize('split', SEQUENCES)
def test_splits_are_the_published_ones(written, build, split):
    files = [item['img_path'].split('/')[-2:] for item in build('STB', split)]
    assert files == [[s, f'SK_color_{i}.png'] for s in SEQUENCES[split] for i in (0, 1)]


def test_hands_are_what_was_written(written, build):
    dataset = build('STB', 'test')
    frames = [joints for name in SEQUENCES['test'] for joints in written[name]]
    names = [dataset.metainfo['keypoint_id2name'][i] for i in range(1, 21)]
    ids = [STB.index(name) for name in names]
    for item, joints in zip(dataset, frames):
        assert item['hand_side'] == 'left' and 'mask' not in item
        np.testing.assert_allclose(item['keypoints_3d'][0, 1:], joints[ids], rtol=1e-4)
        x, y, z = joints[ids].T
        pixels = [607.92271 * x / z + 314.78337, 607.88192 * y / z + 236.42484]
        np.testing.assert_allclose(item['keypoints'][0, 1:].T, pixels, atol=0.5)

        camera, xyz = item['camera'], item['keypoints_3d'][0]
        projected = camera['focal'] * xyz[:, :2] / xyz[:, 2:] + camera['principal_point']
        np.testing.assert_allclose(projected, item['keypoints'][0], atol=0.5)
        extent = np.ptp(np.clip(projected, 0, np.array(SIZE) - 1), 0).max()
        left, upper, right, lower = item['bbox'][0]
        assert right - left == lower - upper
        assert abs(right - left - min(round(1.5 * extent), 480) + 1) <= 1


def test_the_palm_is_between_wrist_and_ring_finger(written, build):
    dataset = build('STB', 'test')
    names = list(dataset.metainfo['keypoint_id2name'].values())
    ring = names.index('ring_finger1')
    for item, joints in zip(dataset, written['B1Counting']):
        wrist, base = item['keypoints_3d'][0, [0, ring]]
        np.testing.assert_allclose((wrist + base) / 2, joints[STB.index('palm')], rtol=1e-4)


def test_left_hands_are_not_mirrored(written, build):
    item = build('STB', 'train')[0]
    keypoints = item['keypoints'].copy()
    np.testing.assert_array_equal(MirrorRightHand()(item)['keypoints'], keypoints)


@pytest.mark.parametrize(
    'content, message',
    [
        (dict(other=np.ones(3)), 'not a MATLAB file with `handPara`'),
        (dict(handPara=np.ones((3, 20, 2))), 'three finite numbers for each of 21 joints'),
        (dict(handPara=np.full((3, 21, 2), np.nan)), 'does not hold three finite numbers'),
    ],
)
def test_labels_of_something_else(written, build, tmp_path, content, message):
    savemat(tmp_path / 'labels/B3Random_SK.mat', content)
    with pytest.raises(UserError, match=message):
        build('STB', 'train')
