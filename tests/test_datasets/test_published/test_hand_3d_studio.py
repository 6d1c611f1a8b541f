import json

import numpy as np
import pytest
from published_factory import write_hand_3d_studio

from mmpose_uda.errors import UserError


@pytest.fixture
def written(tmp_path):
    return write_hand_3d_studio(tmp_path, count=18)


def names(dataset):
    return [item['img_path'].split('H3D_crop/')[1] for item in dataset]


def test_splits_are_the_published_ones(written, build, published_order):
    without = [sample for sample in written if sample['without_object']]
    assert len(without) == 12
    order = published_order(12)
    test, train = build('Hand3DStudio', 'test'), build('Hand3DStudio', 'train')
    assert names(test) == [without[i]['name'] for i in order[:2]]
    assert names(train) == [without[i]['name'] for i in order[2:]]
    for item, number in zip(test, order):
        expected = [without[number]['keypoint2d']]
        np.testing.assert_allclose(item['keypoints'], expected, rtol=1e-6)
        assert item['keypoints_visible'].tolist() == [[1] * 21]
        assert item['bbox'].tolist() == [[0, 0, 47, 47]]


def test_a_list_that_does_not_tell_of_objects(written, build, tmp_path):
    path = tmp_path / 'H3D_crop/annotation.json'
    samples = json.loads(path.read_text())
    del samples[3]['without_object']
    path.write_text(json.dumps(samples))
    with pytest.raises(UserError, match="annotation.json.*KeyError\\('without_object'"):
        build('Hand3DStudio', 'train')
