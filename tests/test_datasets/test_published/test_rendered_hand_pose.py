import os
import pickle

import numpy as np
import pytest
from published_factory import write_rendered_hand_pose

from mmpose_uda.datasets.transforms import MirrorRightHand
from mmpose_uda.errors import UserError

# keypoints of a hand in RHD's own order
RHD = ['wrist'] + [
    f'{finger}{i}'
    for finger in ('thumb', 'forefinger', 'middle_finger', 'ring_finger', 'pinky_finger')
    for i in (4, 3, 2, 1)
]


@pytest.fixture
def written(tmp_path):
    return write_rendered_hand_pose(tmp_path)


def rewrite(root, change):
    """Apply ``change`` to the annotations of the training images."""
    path = root / 'RHD_published_v2/training/anno_training.pickle'
    content = pickle.loads(path.read_bytes())
    change(content)
    path.write_bytes(pickle.dumps(content, protocol=3))


def published_box(points):
    """The square of the published code, step by step, in a picture of 320 px."""
    (left, upper), (right, lower) = points.min(0), points.max(0)
    side = min(round(1.5 * max(right - left, lower - upper)), 320)
    box = []
    for middle in ((left + right) / 2, (upper + lower) / 2):
        first = round(middle - side / 2)
        last = first + side - 1
        if first < 0:
            first, last = 0, side - 1
        if last >= 320:
            first, last = 320 - side, 319
        box.append((first, last))
    (left, right), (upper, lower) = box
    return [left, upper, right, lower]


@pytest.mark.parametrize('split', ['train', 'test'])
def test_hands_are_what_was_written(written, build, split):
    dataset = build('RenderedHandPose', split)
    assert len(dataset) == 2 * len(written[split])
    names = dataset.metainfo['keypoint_id2name']
    hands = [(n, side) for n in written[split] for side in ('left', 'right')]
    for item, (number, side) in zip(dataset, hands):
        annotation = written[split][number]
        assert item['img_path'].endswith(f'/color/{number:05d}.png')
        assert item['hand_side'] == side
        start = 21 * (side == 'right')
        ids = [start + RHD.index(names[i]) for i in range(21)]
        points = annotation['uv_vis'][ids]
        np.testing.assert_allclose(item['keypoints'][0], points[:, :2], rtol=1e-6)
        np.testing.assert_array_equal(item['keypoints_visible'][0], points[:, 2])
        np.testing.assert_allclose(
            item['keypoints_3d'][0], 1000 * annotation['xyz'][ids], rtol=1e-6
        )
        assert item['bbox'][0].tolist() == published_box(points[:, :2])

        camera, xyz = item['camera'], item['keypoints_3d'][0]
        projected = camera['focal'] * xyz[:, :2] / xyz[:, 2:] + camera['principal_point']
        np.testing.assert_allclose(projected, item['keypoints'][0], atol=1e-3)


def test_the_mask_is_of_one_hand(written, build):
    left, right = build('RenderedHandPose', 'train', indices=2)
    expected = np.zeros((320, 320), np.uint8)
    expected[100:200, 30:130] = 255
    np.testing.assert_array_equal(left['mask'], expected)
    np.testing.assert_array_equal(right['mask'], np.roll(expected, 160, 1))


def test_all_hands_as_left_ones(written, build):
    """A right hand's mask lies where that of a left hand may lie."""
    load = build('RenderedHandPose', 'train').pipeline.transforms
    mirrored = build('RenderedHandPose', 'train', pipeline=[*load, MirrorRightHand()])
    assert {item['hand_side'] for item in mirrored} == {'left'}
    columns = np.flatnonzero(mirrored[1]['mask'].any(0))
    assert (columns.min(), columns.max()) == (30, 129)


def test_hands_that_are_left_out(written, build, tmp_path):
    def spoil(content):
        few, small, far, near = (content[n]['uv_vis'] for n in range(4))
        few[:4, 2] = 0  # with number 0 there are 17 visible ones
        few[24:29, 2] = 0  # and here 15
        few[0, 2] = 0
        small[:21, :2] = [50, 50]  # the crop would be of 64 px, from 0 to 64
        small[1, :2] += [0, 43]
        far[:21] = far[21:]  # one upon the other
        near[:21, :2] = [100, 100]
        near[0, :2] = [144, 144]  # a crop of 66 px, 65 from the first to the last

    rewrite(tmp_path, spoil)
    dataset = build('RenderedHandPose', 'train')
    found = [(item['img_path'][-9:-4], item['hand_side']) for item in dataset]
    assert found == [
        ('00000', 'left'),
        ('00001', 'right'),
        ('00003', 'left'),
        ('00003', 'right'),
    ]


def test_how_much_the_other_hand_may_cover(written, build, tmp_path):
    """The crop of the right hand is 150 x 150 px, from 25 on."""

    def meet(content, columns):
        points = content[0]['uv_vis']
        points[:] = [100, 100, 1]
        points[21, :2], points[22, :2] = (50, 50), (150, 150)
        # the left hand's box: as many columns of the crop, all rows
        points[0, :2], points[1, :2] = (0, 0), (25 + columns - 1, 200)
        points[2:21, :2] = (10, 100)

    for columns, is_kept in ((44, True), (45, False)):
        rewrite(tmp_path, lambda content, n=columns: meet(content, n))
        dataset = build('RenderedHandPose', 'train')
        hands = [
            item['hand_side'] for item in dataset if item['img_path'].endswith('0.png')
        ]
        assert ('right' in hands) == is_kept


def test_annotations_that_run_code(written, build, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'made'),)

    rewrite(tmp_path, lambda content: content.update(trap=Trap()))
    with pytest.raises(UserError, match='anno_training.pickle` refers to .*mkdir'):
        build('RenderedHandPose', 'train')
    assert not (tmp_path / 'made').exists()


@pytest.mark.parametrize(
    'change',
    [
        lambda content: content[1].pop('xyz'),
        lambda content: content[1].update(uv_vis=np.ones((21, 3))),
        lambda content: content[1].update(K=np.ones((3, 3))),
        lambda content: content.update(a=content[0]),
    ],
)
def test_annotations_of_something_else(written, build, tmp_path, change):
    rewrite(tmp_path, change)
    match = 'anno_training.pickle` that is not a dict of `uv_'
    with pytest.raises(UserError, match=match):
        build('RenderedHandPose', 'train')
