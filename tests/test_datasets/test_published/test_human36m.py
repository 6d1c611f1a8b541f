import random

import numpy as np
import pytest
from published_factory import write_human36m

from mmpose_uda.datasets import HUMAN16


@pytest.fixture
def written(tmp_path):
    return write_human36m(tmp_path, side=32)


def names(dataset):
    infos = (dataset.get_data_info(i) for i in range(len(dataset)))
    return [info['img_path'].split('crop_images/')[1] for info in infos]


def test_training_subjects(written, build):
    dataset = build('Human36MRGB', 'train')
    samples = [sample for s in (1, 5, 6, 7, 8) for sample in written[s]]
    assert names(dataset) == [sample['name'] for sample in samples]
    for item, sample in zip(dataset, samples):
        np.testing.assert_allclose(item['keypoints'][0], sample['keypoint2d'], rtol=1e-6)
        assert item['keypoints_visible'].tolist() == [[1] * 16]
        assert item['bbox'].tolist() == [[0, 0, 31, 31]]
        assert 'keypoints_3d' not in item and 'camera' not in item
    assert dataset.metainfo['dataset_name'] == HUMAN16['dataset_name']


def test_the_published_test_is_drawn_with_replacement(written, build):
    samples = [sample['name'] for s in (9, 11) for sample in written[s]]
    generator = random.Random(42)
    drawn = [samples[int(generator.random() * len(samples))] for _ in range(3200)]
    assert names(build('Human36MRGB', 'test')) == drawn


def test_every_frame_once(written, build):
    samples = [sample['name'] for s in (9, 11) for sample in written[s]]
    assert names(build('Human36MRGB', 'test', clean=True)) == samples
