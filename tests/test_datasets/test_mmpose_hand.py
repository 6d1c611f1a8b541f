"""mmpose's own annotation files of hands, in their exact form."""

import json
from pathlib import Path

import numpy as np
import pytest
from mmpose.registry import DATASETS
from published_3d_factory import MMPOSE_NAMES, write_mmpose_rhd

from mmpose_uda.datasets.transforms import MirrorRightHand
from mmpose_uda.errors import UserError

LOAD = [dict(type='LoadPoseImage')]


@pytest.fixture
def written(tmp_path):
    return write_mmpose_rhd(tmp_path)


@pytest.fixture
def build(tmp_path):
    def make(**kwargs):
        config = dict(
            type='MMPoseHand',
            data_root=str(tmp_path),
            ann_file='rhd_train.json',
            require_3d=True,
            pipeline=LOAD,
        )
        return DATASETS.build({**config, **kwargs})

    return make


def change(root, how):
    path = Path(root, 'rhd_train.json')
    content = json.loads(path.read_text())
    how(content)
    path.write_text(json.dumps(content))


def test_hands_are_what_was_written(written, build):
    dataset = build()
    names = list(dataset.metainfo['keypoint_id2name'].values())
    assert names == MMPOSE_NAMES and len(dataset) == 2
    for item, hand in zip(dataset, written):
        points = np.array([hand['points'][name] for name in names])
        np.testing.assert_allclose(item['keypoints_3d'][0], points, rtol=1e-5)
        pixels = 299 * points[:, :2] / points[:, 2:] + [160, 161]
        np.testing.assert_allclose(item['keypoints'][0], pixels, atol=0.5)
        assert item['camera']['focal'].tolist() == [299, 299]
        assert item['camera']['principal_point'].tolist() == [160, 161]
        assert item['hand_side'] == hand['side']
        assert item['keypoints_visible'].all()
        low, high = pixels.min(0), pixels.max(0)
        np.testing.assert_allclose(item['bbox'][0], [*low, *high], rtol=1e-5)
    stored = np.reshape(dataset.get_data_info(0)['raw_ann_info']['keypoints'], (21, 3))
    np.testing.assert_allclose(stored[:, :2], dataset[0]['keypoints'][0], rtol=1e-6)


def test_right_hands_are_mirrored(written, build):
    before, after = build()[1], MirrorRightHand()(build()[1])
    np.testing.assert_allclose(
        after['keypoints'][..., 0], 319 - before['keypoints'][..., 0], rtol=1e-5
    )


def test_without_labels(written, build):
    item = build(labels=False, require_3d=False)[0]
    assert 'keypoints' not in item and 'keypoints_3d' not in item
    assert item['hand_side'] == 'left' and 'camera' in item


def test_a_file_without_3d(written, build, tmp_path):
    """As mmpose's of FreiHAND: in the order that it says, a flat list, no cameras."""

    def as_freihand(content):
        for image in content['images']:
            del image['cam_param']
        for annotation in content['annotations']:
            del annotation['joint_cam'], annotation['hand_type']
            annotation['keypoints'] = sum(annotation['keypoints'], [])

    change(tmp_path, as_freihand)
    content = json.loads((tmp_path / 'rhd_train.json').read_text())
    dataset = build(dataset='FreiHandDataset', require_3d=False)
    expected = np.reshape(content['annotations'][0]['keypoints'], (21, 3))[:, :2]
    np.testing.assert_allclose(dataset[0]['keypoints'][0], expected, rtol=1e-6)
    assert {'keypoints_3d', 'camera', 'hand_side'}.isdisjoint(dataset[0])
    with pytest.raises(UserError, match='Annotation 111 of .* has no `keypoints_3d`'):
        build(dataset='FreiHandDataset')


def test_one_bad_annotation_and_a_bad_file(written, build, tmp_path):
    def move(content, count):
        for annotation in content['annotations'][:count]:
            moved = np.array(annotation['joint_cam']) + [5, 0, 0]
            annotation['joint_cam'] = moved.tolist()

    change(
        tmp_path, lambda content: content['annotations'].append(content['annotations'][1])
    )
    change(tmp_path, lambda content: move(content, 1))
    assert len(build()) == 3
    change(tmp_path, lambda content: move(content, 3))
    with pytest.raises(UserError, match=r'projected with `cam_param`, is \d\.\d px from'):
        build()


@pytest.mark.parametrize(
    'how, message',
    [
        (
            lambda c: c['images'][0].update(cam_param=dict(focal=[1, 2])),
            '`cam_param` of im',
        ),
        (
            lambda c: c['annotations'][1].update(joint_cam=[[0, 0, 1]]),
            '`joint_cam` of anno',
        ),
        (lambda c: c['annotations'][1].pop('bbox'), '`bbox` of annotation 112'),
        (lambda c: c.pop('images'), 'is not a COCO-style file'),
    ],
)
def test_files_of_something_else(written, build, tmp_path, how, message):
    change(tmp_path, how)
    with pytest.raises(UserError, match=message):
        build()


@pytest.mark.parametrize('dataset', ['RHD', 'ConcatDataset'])
def test_no_class_of_mmpose(build, dataset):
    with pytest.raises(UserError, match=f"mmpose has no data set '{dataset}' with keyp"):
        build(dataset=dataset)


def test_other_keypoints(written, build):
    with pytest.raises(UserError, match='set `dataset` to the class that'):
        build(dataset='CocoDataset')
