import pytest
from mmpose.codecs import IntegralRegressionLabel, MSRAHeatmap
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.models.readers import crop_size

SIZES = dict(input_size=(48, 32), heatmap_size=(12, 8), sigma=1.0)


@pytest.mark.parametrize('codec', [MSRAHeatmap, IntegralRegressionLabel])
def test_the_codec_tells_the_size_of_crops(codec):
    head = nn.Identity()
    head.decoder = codec(**SIZES)
    assert crop_size(head) == (48, 32)


@pytest.mark.parametrize('codec', [None, object()])
def test_heads_without_such_a_codec_are_refused(codec):
    head = nn.Identity()
    head.decoder = codec
    with pytest.raises(UserError, match='Identity.*`input_size`'):
        crop_size(head)
