"""Annotations as tools write them, and what metrics make of them."""

import json
from pathlib import Path

import numpy as np
import pytest
from data_factory import HAND_NAMES, write_pose_dataset
from mmengine.structures import InstanceData
from mmpose.registry import DATASETS, METRICS

from mmpose_uda.datasets.coco_annotation import labelled_points, plain_annotation
from mmpose_uda.datasets.coco_file import image_size
from mmpose_uda.errors import UserError

NAN = float('nan')
PATH = 'a.json'


def points_of(*triples):
    keypoints = [value for triple in triples for value in triple]
    return labelled_points(dict(id=7, keypoints=keypoints), PATH, len(triples))


def test_visibilities_that_tools_write():
    found = points_of((1, 2, 2.0), (3, 4, True), (5, 6, False), (7, 8, -1), (9, 9, None))
    assert found.tolist() == [[1, 2, 2], [3, 4, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize('nothing', [None, NAN, float('inf')])
def test_a_keypoint_without_a_label_may_be_nowhere(nothing):
    assert points_of((nothing, nothing, 0), (1, 2, 2)).tolist() == [[0, 0, 0], [1, 2, 2]]
    with pytest.raises(UserError, match='Keypoint 1 of annotation 7 of `a.json` is vis'):
        points_of((1, 2, 2), (nothing, 2, 2))


@pytest.mark.parametrize('visibility', [0.4, 3, -2])
def test_visibilities_that_mean_something_else_are_refused(visibility):
    with pytest.raises(UserError, match='Keypoint 0 of annotation 7 .*COCO defines 0'):
        points_of((1, 2, visibility))


@pytest.mark.parametrize('keypoints', [[1, 2], 'abc', [['a', 1, 2]], 5])
def test_keypoints_that_are_none(keypoints):
    with pytest.raises(UserError, match='annotation 7 of `a.json` does not hold 2 triples'):
        labelled_points(dict(id=7, keypoints=keypoints), PATH, 2)


@pytest.mark.parametrize('keypoints', [{}, dict(keypoints=None), dict(keypoints=[])])
def test_no_keypoints(keypoints):
    assert labelled_points(keypoints, PATH, 2) is None


def test_what_tools_leave_out():
    annotation = dict(id='a7', image_id='x', bbox=[1, 2, 10, 20], keypoints=[1, 2, 2])
    assert plain_annotation(annotation, PATH, 1, number=3, image_number=5) == dict(
        id=3,
        image_id=5,
        category_id=1,
        bbox=[1.0, 2.0, 10.0, 20.0],
        iscrowd=0,
        area=200.0,
        keypoints=[1.0, 2.0, 2.0],
        num_keypoints=1,
    )


@pytest.mark.parametrize(
    'size', [{}, dict(width=None, height=0), dict(width='x', height=3)]
)
def test_the_size_of_an_image_is_its_own(tmp_path, size):
    write_pose_dataset(tmp_path, 1, size=(64, 48))
    (path,) = (tmp_path / 'images').rglob('*.png')
    assert image_size(size, str(path)) == (64, 48)
    assert image_size(dict(width='70', height=50.0), str(path)) == (70, 50)
    with pytest.raises(UserError, match='gone.png` is missing .*do not give its width'):
        image_size(size, 'gone.png')


# ---- whole files -----------------------------------------------------------------------


def as_text(content):
    for image in content['images']:
        image['id'] = f'im{image["id"]}'
    for annotation in content['annotations']:
        annotation.update(
            id=f'ann{annotation["id"]}', image_id=f'im{annotation["image_id"]}'
        )


def all_alike(content):
    for annotation in content['annotations']:
        annotation['id'] = 0


def bare(content):
    for annotation in content['annotations']:
        for key in ('area', 'iscrowd', 'num_keypoints', 'category_id', 'segmentation'):
            annotation.pop(key, None)
    content.pop('categories')


def without_sizes(content):
    for image in content['images']:
        del image['width'], image['height']


def from_0(content):
    content['categories'][0]['id'] = 0
    for annotation in content['annotations']:
        annotation.update(category_id=0, area=0)


def two_categories(content):
    content['categories'].append(dict(id=2, name='ball', keypoints=['c', 'l', 'r']))
    other = dict(content['annotations'][0], id=990, category_id=2, keypoints=9 * [40])
    detection = dict(other, id=991, keypoints=[])
    content['annotations'] += [other, detection]


FORMS = [as_text, all_alike, bare, without_sizes, from_0, two_categories]


@pytest.mark.parametrize('form', FORMS)
def test_perfect_predictions_have_an_ap_of_1(tmp_path, form):
    path = Path(write_pose_dataset(tmp_path, 5, size=(128, 96)))
    content = json.loads(path.read_text())
    for annotation in content['annotations']:
        annotation.setdefault('category_id', 1)
    content.setdefault('categories', [dict(id=1, name='hand', keypoints=HAND_NAMES)])
    form(content)
    path.write_text(json.dumps(content), encoding='utf-8-sig')
    dataset = DATASETS.build(
        dict(
            type='PoseDataset',
            data_root=str(tmp_path),
            ann_file='annotations/train.json',
            test_mode=True,
            pipeline=[dict(type='LoadImage'), dict(type='PackPoseInputs')],
        )
    )
    assert len(dataset) == 5
    metric = METRICS.build(dict(type='CocoMetric', prefix='coco'))
    metric.dataset_meta = dataset.metainfo
    for item in (dataset[i] for i in range(5)):
        sample = item['data_samples']
        sample.pred_instances = InstanceData(
            keypoints=sample.gt_instances.keypoints,
            keypoint_scores=np.ones((1, len(HAND_NAMES))),
        )
        metric.process({}, [sample.to_dict()])
    assert metric.evaluate(5)['coco/AP'] == pytest.approx(1.0)


def test_an_id_of_two_images_is_refused(tmp_path):
    path = Path(write_pose_dataset(tmp_path, 3))
    content = json.loads(path.read_text())
    content['images'][2]['id'] = content['images'][0]['id']
    path.write_text(json.dumps(content))
    config = dict(type='PoseDataset', data_root=str(tmp_path), ann_file=str(path))
    with pytest.raises(UserError, match='gives the id 0 to `.*` and to `'):
        DATASETS.build(config)
