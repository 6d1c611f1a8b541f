import pytest
from mmcv.transforms import BaseTransform
from mmengine.dataset import Compose

from mmpose_uda.datasets.sample_errors import naming_sample
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
        "Fails cannot take the sample of `a.jpg` (KeyError: 'bbox'): mend its annotation, "
        'or correct the pipeline.'
    )
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize('error', [UserError('as it is'), MemoryError()])
def test_other_errors_stay(error):
    with pytest.raises(type(error)) as caught, naming_sample(lambda: 'a.jpg'):
        Fails(error)({})
    assert caught.value is error
