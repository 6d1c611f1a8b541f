import pytest

from mmpose_uda.evaluation.metric_values import enough_decimals, lower_is_better


@pytest.mark.parametrize(
    'metric, lower',
    [
        ('target/MPJPE', True),
        ('target/PA-MPJPE', True),
        ('EPE', True),
        ('coco/NME', True),
        ('AUC', False),
        ('PCK-hip', False),
    ],
)
def test_which_way_is_better(metric, lower):
    assert lower_is_better(metric) == lower


@pytest.mark.parametrize(
    'value, text', [(81.234, '81.2'), (-2.0, '-2.0'), (1.99, '1.990'), (-0.0713, '-0.071')]
)
def test_decimals(value, text):
    assert f'{value:.{enough_decimals(value)}f}' == text
