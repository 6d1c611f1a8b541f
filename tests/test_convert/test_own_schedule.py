"""Stock schedules over few labelled images."""

import json

import pytest
from mmengine.config import Config

from mmpose_uda.convert.own_schedule import own_schedule
from mmpose_uda.convert.source_folder import find_source

WARM_UP = dict(type='LinearLR', begin=0, end=500, start_factor=0.001, by_epoch=False)
LATER = dict(type='MultiStepLR', begin=0, end=210, milestones=[170, 200], by_epoch=True)


@pytest.fixture
def source(tmp_path):
    """45 labelled samples, some without a visible keypoint, some that others refuse."""
    for folder in ('images', 'annotations'):
        (tmp_path / folder).mkdir()
    (tmp_path / 'images/a.jpg').touch()
    labels = [dict(keypoints=[1, 2, 2, 3, 4, 0])] * 44 + [dict(keypoints=[0] * 6), {}]
    odd = ([[1, 2, 2], [3, 4, 0]], [None] * 6, [1, 2, '2', 3, 4, '2'], [[1], 2], 'ab')
    labels += [dict(keypoints=keypoints) for keypoints in odd]
    annotations = [
        dict(id=n, image_id=1, category_id=1, bbox=[0, 0, 1, 1], **label)
        for n, label in enumerate(labels)
    ]
    images = [dict(id=1, file_name='a.jpg')]
    path = tmp_path / 'annotations/train.json'
    path.write_text(json.dumps(dict(images=images, annotations=annotations)))
    points = {n: dict(name=name, id=n, color=[0, 0, 0]) for n, name in enumerate('ab')}
    named = dict(keypoint_info=points, skeleton_info={}, joint_weights=[1, 1])
    return find_source(str(tmp_path), dict(named, dataset_name='ab', sigmas=[1, 1]))


def stock(batch=10, schedulers=[WARM_UP, LATER], **length):
    return Config(
        dict(
            train_dataloader=dict(batch_size=batch),
            train_cfg=length or dict(max_epochs=210),
            param_scheduler=schedulers,
        )
    )


@pytest.mark.parametrize(
    'batch, steps, ramp',
    [(1, 45 * 210, 1000), (10, 5 * 210, 210), (64, 210, 42)],
)
def test_steps_and_ramps(source, batch, steps, ramp):
    found = own_schedule(stock(batch), source)
    assert (found.samples, found.batch, found.steps) == (45, batch, steps)
    assert found.ramp == ramp and found.warm_up == 500


def test_a_warm_up_that_fits_stays(source):
    assert own_schedule(stock(1), source).schedulers is None
    assert own_schedule(stock(max_iters=2500), source).schedulers is None


def test_a_longer_one_takes_a_tenth_and_nothing_else_changes(source):
    found = own_schedule(stock(10), source).schedulers
    assert found == [dict(WARM_UP, end=105), LATER]
    assert own_schedule(stock(max_iters=3), source).schedulers[0]['end'] == 1


@pytest.mark.parametrize(
    'scheduler', [dict(WARM_UP, by_epoch=True), dict(WARM_UP, begin=5)]
)
def test_what_is_no_warm_up_in_steps_stays(source, scheduler):
    found = own_schedule(stock(64, [scheduler, LATER]), source)
    assert found.warm_up == 0 and found.schedulers is None


@pytest.mark.parametrize(
    'change', [dict(train_cfg={}), dict(train_cfg=None), dict(train_dataloader={})]
)
def test_without_a_length(source, change):
    assert own_schedule(Config(dict(stock().to_dict(), **change)), source) is None


def test_without_a_schedule(source):
    found = own_schedule(stock(64, []), source)
    assert found.warm_up == 0 and found.schedulers is None


def test_a_single_scheduler(source):
    found = own_schedule(stock(10, dict(WARM_UP)), source)
    assert found.warm_up == 500 and found.schedulers == [dict(WARM_UP, end=105)]
