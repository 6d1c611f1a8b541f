import numpy as np
import pytest
from mmcv.transforms import BaseTransform
from mmengine.dataset import Compose

from mmpose_uda.datasets.sample_errors import naming_sample, usable_labels
from mmpose_uda.errors import UserError


class Fails(BaseTransform):
    def __init__(self, error):
        self.error = error

    def transform(self, results):
        raise self.error


def test_the_transform_and_the_image_are_named():
    pipeline = Compose([lambda results: results, Fails(KeyError('bbox'))])
    with pytest.raises(UserError) as caught, naming_sample(lambda: 'a.jpg'):
        pipeline({})
    assert str(caught.value) == (
        "Fails cannot process the sample of `a.jpg` (KeyError: 'bbox'): correct its "
        'annotation, or the pipeline.'
    )
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize('error', [UserError('as it is'), MemoryError()])
def test_other_errors_stay(error):
    with pytest.raises(type(error)) as caught, naming_sample(lambda: 'a.jpg'):
        Fails(error)({})
    assert caught.value is error


def _sample(points, visible):
    return dict(
        id=5,
        img_path='a.jpg',
        keypoints=np.float32([points]),
        keypoints_visible=np.float32([visible]),
    )


def test_labels_that_are_fine_stay():
    for info in (_sample([[1, 2], [3, 4]], [1, 0]), dict(bbox=3)):
        assert usable_labels(info) is info


def test_unlabelled_keypoints_are_nowhere():
    nan = np.nan
    info = usable_labels(_sample([[1, 2], [nan, 4], [5, 6]], [1, 0, -1]))
    assert info['keypoints'].tolist() == [[[1, 2], [0, 0], [0, 0]]]
    assert info['keypoints_visible'].tolist() == [[1, 0, 0]]
    assert info['keypoints'].dtype == np.float32


@pytest.mark.parametrize(
    'points, visible',
    [([[1, np.nan]], [1]), ([[1, np.inf]], [0.5]), ([[1, 2]], [-2]), ([[1, 2]], [np.nan])],
)
def test_labels_that_cannot_be_used_are_named(points, visible):
    with pytest.raises(UserError, match='Keypoint 0 of the sample 5 of `a.jpg`'):
        usable_labels(_sample(points, visible))
